import { randomFillSync } from 'node:crypto';

/** Bytes that are drawn at once: a call takes about as long for these as for one. */
const POOL = 1024;
const LARGEST_TAKEN = 64;

const pool = new Uint8Array(POOL);
let at = POOL;

/** The operating system's source. Short pieces come out of a larger one, where they are overwritten with zeros. */
export function fillRandom(out: Uint8Array): void {
  if (out.length > LARGEST_TAKEN) {
    randomFillSync(out);
    return;
  }
  if (at + out.length > POOL) {
    randomFillSync(pool);
    at = 0;
  }
  const to = at + out.length;
  for (let i = 0; at < to; i++, at++) {
    out[i] = pool[at]!;
    pool[at] = 0;
  }
}
