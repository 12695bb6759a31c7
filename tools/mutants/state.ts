/** Number of the active mutant; -1 for none. */
export const active = Number(process.env['TSQUIC_MUTANT'] ?? -1);

/** 1 for each mutant whose place ran, when a survey asks for it. */
export const hits: Uint8Array = new Uint8Array(Number(process.env['TSQUIC_PLACES'] ?? 0));
