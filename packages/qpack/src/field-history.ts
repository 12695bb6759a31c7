/** Remembers which field lines were encoded last, by their hashes: a field that came before comes again. */
export class FieldHistory {
  private readonly hashes: Int32Array;
  private next = 0;

  /** @param places - field lines that are remembered. */
  constructor(places: number) {
    this.hashes = new Int32Array(places);
  }

  /** Whether this field line is remembered; from now on it is. A hash that two share costs an insertion at most. */
  saw(name: string, value: string): boolean {
    const hash = hashOf(value, hashOf(name, SEED)) || 1;
    const isKnown = this.hashes.includes(hash);
    this.hashes[this.next] = hash;
    this.next = (this.next + 1) % this.hashes.length;
    return isKnown;
  }
}

/** FNV-1a of 32 bits. */
function hashOf(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  return hash;
}

const SEED = 0x811c_9dc5 | 0;
