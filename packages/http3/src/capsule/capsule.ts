import { ByteReader, concatBytes, encodeVarint } from '@tsquic/bytes';

/** A capsule: a message on the stream of a request, inside of its content. RFC 9297 §3.2 */
export interface Capsule {
  readonly type: number;
  readonly value: Uint8Array;
}

/** The capsule that carries a datagram where QUIC datagrams cannot. RFC 9297 §3.5 */
export const DATAGRAM_CAPSULE = 0x00;

/** A capsule as bytes of content. RFC 9297 §3.2 */
export function encodeCapsule({ type, value }: Capsule): Uint8Array {
  return concatBytes(encodeVarint(type), encodeVarint(value.length), value);
}

/** What a reader keeps, and of which types. */
export interface CapsuleReaderOptions {
  /** Types that the program knows; others are skipped without being kept. RFC 9297 §3.2 */
  readonly types: readonly number[];
  /** Bytes of the value of one that is known. Default: 65536. */
  readonly maxBytes?: number;
}

/** Takes content apart into capsules. RFC 9297 §3.2 */
export class CapsuleReader {
  private readonly types: readonly number[];
  private readonly maxBytes: number;
  private pending: Uint8Array = NOTHING;
  private toSkip = 0;

  constructor(options: CapsuleReaderOptions) {
    this.types = options.types;
    this.maxBytes = options.maxBytes ?? 65_536;
  }

  /** Whether the content may end here: no capsule is cut short. RFC 9297 §3.3 */
  get mayEnd(): boolean {
    return this.pending.length === 0 && this.toSkip === 0;
  }

  /**
   * The known capsules that are complete with these bytes, which are copied; undefined where one is larger than `maxBytes`, after
   * which the message is malformed.
   */
  read(bytes: Uint8Array): Capsule[] | undefined {
    const capsules: Capsule[] = [];
    this.pending = concatBytes(this.pending, bytes);
    for (;;) {
      const skipped = Math.min(this.toSkip, this.pending.length);
      this.pending = this.pending.subarray(skipped);
      this.toSkip -= skipped;
      const reader = new ByteReader(this.pending);
      const type = reader.varint();
      const length = reader.varint();
      if (reader.truncated) return capsules;
      if (!this.types.includes(type)) {
        this.pending = this.pending.subarray(reader.position);
        this.toSkip = length;
        continue;
      }
      if (length > this.maxBytes) return undefined;
      const value = reader.copy(length);
      if (reader.truncated) return capsules;
      capsules.push({ type, value });
      this.pending = this.pending.subarray(reader.position);
    }
  }
}

const NOTHING = new Uint8Array(0);
