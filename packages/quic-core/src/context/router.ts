import { toHex } from '@tsquic/bytes';
import type { CryptoProvider } from '@tsquic/crypto';
import type { Connection } from '../connection/connection.ts';
import { connectionIdKey } from '../ids/connection-id.ts';
import type { PacketHeader } from '../packet/header.ts';
import { RESET_TOKEN_LENGTH, resetToken } from '../packet/stateless-reset.ts';

/** Finds the connection that a datagram is for: by destination connection ID, or by reset token. RFC 9000 §5.2 */
export class Router {
  private readonly byId = new Map<string, Connection>();
  private readonly byToken = new Map<string, Connection>();
  private readonly crypto: CryptoProvider;
  private readonly resetKey: Uint8Array;
  private readonly idLength: number;
  private readonly tokenKey = new Uint8Array(32);

  constructor(crypto: CryptoProvider, resetKey: Uint8Array, idLength: number) {
    this.crypto = crypto;
    this.resetKey = resetKey;
    this.idLength = idLength;
    crypto.random(this.tokenKey);
  }

  /** Connection for the packet's destination, or undefined. */
  find(bytes: Uint8Array, header: PacketHeader): Connection | undefined {
    return this.byId.get(connectionIdKey(bytes, header.dcidAt, header.dcidLength));
  }

  /** Connection whose peer would end a datagram like this one with its reset token. RFC 9000 §10.3.1 */
  findByToken(bytes: Uint8Array, length: number): Connection | undefined {
    if (this.byToken.size === 0) return undefined;
    return this.byToken.get(this.blind(bytes.subarray(length - RESET_TOKEN_LENGTH, length)));
  }

  add(connectionId: Uint8Array, connection: Connection): void {
    this.byId.set(connectionIdKey(connectionId), connection);
  }

  remove(connectionId: Uint8Array): void {
    this.byId.delete(connectionIdKey(connectionId));
  }

  watchToken(token: Uint8Array, connection: Connection): void {
    this.byToken.set(this.blind(token), connection);
  }

  forgetToken(token: Uint8Array): void {
    this.byToken.delete(this.blind(token));
  }

  /** An ID that nobody uses. */
  freshId(): Uint8Array {
    const connectionId = new Uint8Array(this.idLength);
    do this.crypto.random(connectionId);
    while (this.byId.has(connectionIdKey(connectionId)));
    return connectionId;
  }

  /** The token that resets connections by this ID. */
  resetToken(connectionId: Uint8Array): Uint8Array {
    return resetToken(this.crypto, this.resetKey, connectionId);
  }

  /** Tokens are compared by a keyed hash, so that timing tells nothing about them. RFC 9000 §10.3.1 */
  private blind(token: Uint8Array): string {
    return toHex(this.crypto.hmac('sha256', this.tokenKey, token));
  }
}
