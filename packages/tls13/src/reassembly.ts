import { Alert, TlsAlert } from './alerts.ts';
import { type HandshakeMessage, MESSAGE_HEADER_LENGTH, messageName } from './message/handshake-message.ts';

/**
 * Divides CRYPTO bytes, which come in order, into complete handshake messages.
 *
 * A message that is longer than the limit is refused when its header comes, so that at most the limit and one
 * `append` are kept.
 */
export class MessageReassembly {
  private buffer: Uint8Array = NO_BYTES;
  private start = 0;
  private end = 0;

  /** Bytes after the last message that was taken. */
  get length(): number {
    return this.end - this.start;
  }

  /** Append a copy of the bytes. */
  append(bytes: Uint8Array): void {
    const length = this.length + bytes.length;
    if (this.end + bytes.length > this.buffer.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.length));
      grown.set(this.buffer.subarray(this.start, this.end));
      this.buffer = grown;
      this.end -= this.start;
      this.start = 0;
    }
    this.buffer.set(bytes, this.end);
    this.end += bytes.length;
  }

  /**
   * The next complete message, as a copy, or undefined.
   *
   * @param limit - largest length of its body.
   */
  next(limit: number): HandshakeMessage | undefined {
    if (this.length < MESSAGE_HEADER_LENGTH) return undefined;
    const { buffer, start } = this;
    const length = (buffer[start + 1]! << 16) | (buffer[start + 2]! << 8) | buffer[start + 3]!;
    const type = buffer[start]!;
    if (length > limit) {
      throw new TlsAlert(
        Alert.DecodeError,
        `${messageName(type)} of ${length} bytes is over the limit of ${limit}`,
      );
    }
    if (this.length < MESSAGE_HEADER_LENGTH + length) return undefined;
    const raw = buffer.slice(start, start + MESSAGE_HEADER_LENGTH + length);
    this.start += raw.length;
    if (this.start === this.end) this.clear();
    return { type, raw, body: raw.subarray(MESSAGE_HEADER_LENGTH) };
  }

  private clear(): void {
    this.buffer = NO_BYTES;
    this.start = 0;
    this.end = 0;
  }
}

const NO_BYTES = new Uint8Array(0);
