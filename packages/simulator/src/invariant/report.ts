import type { Host } from '../host.ts';

/** Takes note of something that must never happen, and did at this host. */
export type Report = (host: Host, what: string, nowUs: number) => void;
