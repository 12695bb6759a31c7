import { Fact } from '../facts/fact-kind.ts';
import { encodeNewToken } from '../frame/token.ts';
import type { PacketWriter } from '../packet/writer.ts';

/**
 * The token that a server sends to its client for the next connection; a newer one replaces it. RFC 9000
 * §8.1.3
 */
export class NewToken {
  /** Undefined once the client has it. */
  private token: Uint8Array | undefined;
  private pending = false;
  /** Counts the tokens that were given. */
  private count = 0;

  /** Send this token, and the older one no more. */
  give(token: Uint8Array): void {
    this.token = token;
    this.pending = true;
    this.count++;
  }

  get hasFrames(): boolean {
    return this.pending;
  }

  /** Write NEW_TOKEN into a 1-RTT packet; when it does not fit, it waits. RFC 9000 §19.7 */
  write(packet: PacketWriter): void {
    if (!this.pending || !encodeNewToken(packet.frames, this.token!)) return;
    this.pending = false;
    packet.addFact(Fact.NewToken, this.count);
  }

  /** The client has received the token with this number, which need not be kept for it. */
  onAcked(count: number): void {
    if (count === this.count) this.forget();
  }

  /** The packet with NEW_TOKEN was lost: the newest token is sent again. RFC 9000 §13.3 */
  onLost(): void {
    this.pending = this.token !== undefined;
  }

  /** The connection has ended: no token is sent any more. */
  onConnectionEnd(): void {
    this.forget();
  }

  private forget(): void {
    this.token = undefined;
    this.pending = false;
  }
}
