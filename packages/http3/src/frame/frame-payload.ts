import type { ByteSource } from './frame-header.ts';

/** The payload of one frame as it comes: what is only announced takes no memory. */
export class FramePayload {
  private bytes: Uint8Array = NOTHING;
  private have = 0;
  private length = 0;

  /** A frame with a payload of so many bytes begins. */
  begin(length: number): void {
    this.bytes = NOTHING;
    this.have = 0;
    this.length = length;
  }

  /** Bytes of the payload that have not come. */
  get left(): number {
    return this.length - this.have;
  }

  /** Read on; returns whether the payload is complete. */
  read(source: ByteSource): boolean {
    while (this.have < this.length) {
      if (this.have === this.bytes.length) this.grow();
      const count = source.read(this.bytes.subarray(this.have));
      if (count === 0) return false;
      this.have += count;
    }
    return true;
  }

  /** The complete payload, which is not kept. */
  take(): Uint8Array {
    const { bytes } = this;
    this.begin(0);
    return bytes;
  }

  private grow(): void {
    const grown = new Uint8Array(Math.min(Math.max(2 * this.have, LEAST_BYTES), this.length));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}

const NOTHING = new Uint8Array(0);
/** Bytes for which room is made at first. */
const LEAST_BYTES = 64;
