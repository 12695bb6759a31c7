import { ByteReader } from '@tsquic/bytes';
import { GrowingBytes } from './growing-bytes.ts';

/** Cuts a stream of the peer's into instructions: one that is not complete waits for the rest of its bytes. RFC 9204 §4.2 */
export class InstructionStream {
  /** Is at the instruction that `follow` is to read. */
  readonly reader: ByteReader = new ByteReader();
  private readonly pending = new GrowingBytes();
  private readonly follow: () => void;

  /** `follow` reads one instruction and does what it says; nothing where the reader becomes truncated. */
  constructor(follow: () => void) {
    this.follow = follow;
  }

  /** The next bytes of the stream, which are copied. Throws what `follow` throws. */
  read(bytes: Uint8Array): void {
    this.pending.append(bytes);
    const { view } = this.pending;
    const { reader } = this;
    reader.reset(view, 0, view.length);
    let complete = 0;
    while (reader.remaining > 0) {
      this.follow();
      if (reader.truncated) break;
      complete = reader.position;
    }
    this.pending.drop(complete);
  }
}
