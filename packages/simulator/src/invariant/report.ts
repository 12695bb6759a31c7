import type { Host } from '../host.ts';

/** Reports a violation at this host. */
export type Report = (host: Host, what: string, nowUs: number) => void;
