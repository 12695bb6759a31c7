/** Takes note of something that must never happen. */
export type Report = (what: string, nowUs: number) => void;
