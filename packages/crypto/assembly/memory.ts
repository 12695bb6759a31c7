// Where things lie in the memory of the module. The host reads these numbers from the exports of index.ts.

/** Behind the constants that the compiler places from 1024 on: keystreams and what else one call keeps for itself. */
export const SCRATCH: usize = 2048;
/**
 * The payload of a packet. The header lies before it, and the tag behind it; whole blocks may be written beyond that.
 */
export const PAYLOAD: usize = 8192;
export const MOST_HEADER: i32 = 2048;
export const MOST_PAYLOAD: i32 = 65_536;
/** Expanded keys, one a slot. */
export const SLOTS: usize = PAYLOAD + <usize>MOST_PAYLOAD + 512;
export const SLOT_BYTES: i32 = 4352;
