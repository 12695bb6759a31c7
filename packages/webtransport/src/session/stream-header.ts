import { ByteReader, concatBytes, encodeVarint } from '@tsquic/bytes';

/** The type of unidirectional streams of sessions. draft-ietf-webtrans-http3 §4.2 */
export const UNIDIRECTIONAL_TYPE = 0x54;
/** The signal value that begins bidirectional streams of sessions. draft-ietf-webtrans-http3 §4.3 */
export const BIDIRECTIONAL_SIGNAL = 0x41;

/** What a stream of a session begins with. draft-ietf-webtrans-http3 §4.2, §4.3 */
export function encodeStreamHeader(unidirectional: boolean, sessionId: number): Uint8Array {
  const type = unidirectional ? UNIDIRECTIONAL_TYPE : BIDIRECTIONAL_SIGNAL;
  return concatBytes(encodeVarint(type), encodeVarint(sessionId));
}

/** Bytes of either value in its shortest form. */
const TYPE_BYTES = 2;

/** Where the bytes come from. */
interface ByteSource {
  read(into: Uint8Array): number;
}

/** Reads the session ID that stands at the beginning of a stream, after its type, byte by byte as they come. */
export class SessionIdReader {
  /** The ID, once `read` returned true; 2^53-1 stands for all above. */
  value = 0;
  /** Whether all of it was read. */
  isComplete = false;
  private readonly bytes = new Uint8Array(8);
  private have = 0;

  /** Bytes of the header, its type in the shortest form. */
  get headerBytes(): number {
    return TYPE_BYTES + this.have;
  }

  /** Whether it is a bidirectional stream that a client opens; its lowest bits are exact, however large it is. §4 */
  get isSessionId(): boolean {
    return (this.bytes[this.have - 1]! & 0x3) === 0;
  }

  /** Read on; returns whether the ID is complete. */
  read(source: ByteSource): boolean {
    if (this.have === 0) this.have = source.read(this.bytes.subarray(0, 1));
    if (this.have === 0) return false;
    const length = 1 << (this.bytes[0]! >> 6);
    if (this.have < length) this.have += source.read(this.bytes.subarray(this.have, length));
    if (this.have < length) return false;
    this.value = new ByteReader(this.bytes, 0, length).varint();
    this.isComplete = true;
    return true;
  }
}
