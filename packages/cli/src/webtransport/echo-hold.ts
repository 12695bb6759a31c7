/**
 * What all echoes of a server hold of what was read and not taken back: bounded, whoever sends it. Each write counts for more than its
 * bytes, since a peer may send single ones.
 */
export class EchoHold {
  private readonly mostBytes: number;
  private heldBytes = 0;

  constructor(mostBytes: number = MOST_HELD_BYTES) {
    this.mostBytes = mostBytes;
  }

  /** Whether a stream that holds something has to wait until the peer has taken that. */
  get isFull(): boolean {
    return this.heldBytes >= this.mostBytes;
  }

  /** A chunk of so many bytes is held; returns what is called once when it no longer is. */
  take(bytes: number): () => void {
    const held = bytes + CHUNK_COST_BYTES;
    this.heldBytes += held;
    return () => void (this.heldBytes -= held);
  }
}

const MOST_HELD_BYTES = 32 * 1024 * 1024;
/** Memory that a write of one byte takes besides, rounded up. */
const CHUNK_COST_BYTES = 512;
