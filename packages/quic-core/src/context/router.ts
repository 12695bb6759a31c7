import { toHex } from '@tsquic/bytes';
import type { CryptoProvider } from '@tsquic/crypto';
import type { Connection } from '../connection/connection.ts';
import { connectionIdKey } from '../ids/connection-id.ts';
import type { ConnectionIds } from '../ids/connection-ids.ts';
import type { ResetKeys } from '../ids/reset-keys.ts';
import { MAX_CONNECTION_ID_LENGTH, type PacketHeader } from '../packet/header.ts';
import { RESET_TOKEN_LENGTH } from '../packet/stateless-reset.ts';

/**
 * Finds the connection of a datagram, by its Destination Connection ID or by its stateless reset token.
 * RFC 9000 §5.2
 */
export class Router {
  readonly ids: ConnectionIds;
  readonly isTaken = (id: Uint8Array): boolean => this.byId.has(connectionIdKey(id));
  private readonly byId = new Map<string, Connection>();
  private readonly byToken = new Map<string, Connection>();
  private readonly crypto: CryptoProvider;
  private readonly resetKeys: ResetKeys;
  private readonly tokenKey = new Uint8Array(32);
  /** The ID that was looked for last, and what was found: datagrams come in trains. */
  private readonly lastId = new Uint8Array(MAX_CONNECTION_ID_LENGTH);
  private lastLength = -1;
  private lastFound: Connection | undefined = undefined;

  constructor(crypto: CryptoProvider, resetKeys: ResetKeys, ids: ConnectionIds) {
    this.crypto = crypto;
    this.resetKeys = resetKeys;
    this.ids = ids;
    crypto.random(this.tokenKey);
  }

  /** The connection with the packet's Destination Connection ID, or undefined. */
  find(bytes: Uint8Array, header: PacketHeader): Connection | undefined {
    const { dcidAt, dcidLength } = header;
    if (this.isLast(bytes, dcidAt, dcidLength)) return this.lastFound;
    const { lastId } = this;
    for (let i = 0; i < dcidLength; i++) lastId[i] = bytes[dcidAt + i]!;
    this.lastLength = dcidLength;
    this.lastFound = this.byId.get(connectionIdKey(bytes, dcidAt, dcidLength));
    return this.lastFound;
  }

  /**
   * The connection that a stateless reset with the token of this datagram ends, or undefined. RFC 9000
   * §10.3.1
   */
  findByToken(bytes: Uint8Array, length: number): Connection | undefined {
    if (this.byToken.size === 0) return undefined;
    return this.byToken.get(this.blind(bytes.subarray(length - RESET_TOKEN_LENGTH, length)));
  }

  add(connectionId: Uint8Array, connection: Connection): void {
    this.lastLength = -1;
    this.byId.set(connectionIdKey(connectionId), connection);
  }

  remove(connectionId: Uint8Array): void {
    this.lastLength = -1;
    this.lastFound = undefined;
    this.byId.delete(connectionIdKey(connectionId));
  }

  watchToken(token: Uint8Array, connection: Connection): void {
    this.byToken.set(this.blind(token), connection);
  }

  forgetToken(token: Uint8Array): void {
    this.byToken.delete(this.blind(token));
  }

  /**
   * A connection ID that no connection uses. Throws what the program's generator throws, and `QuicUsageError`
   * when it returns none.
   */
  freshId(purpose: 'first' | 'retry'): Uint8Array {
    return this.ids.issue(purpose, this.isTaken)!;
  }

  /** The token that resets connections by this ID, where the ID is issued now. */
  resetToken(connectionId: Uint8Array): Uint8Array {
    return this.resetKeys.token(connectionId);
  }

  private isLast(bytes: Uint8Array, at: number, length: number): boolean {
    if (length !== this.lastLength) return false;
    const { lastId } = this;
    for (let i = 0; i < length; i++) if (lastId[i] !== bytes[at + i]) return false;
    return true;
  }

  /** Tokens are looked up by a keyed hash, so that timing does not reveal them. RFC 9000 §10.3.1 */
  private blind(token: Uint8Array): string {
    return toHex(this.crypto.hmac('sha256', this.tokenKey, token));
  }
}
