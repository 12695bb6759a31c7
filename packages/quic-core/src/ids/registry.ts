/** Where a connection says which of its IDs and reset tokens lead to it. The context's router implements it. */
export interface ConnectionIdRegistry {
  /** A fresh ID that nobody uses yet; packets to it reach this connection from now on. */
  issue(): Uint8Array;
  /** The token that would reset a connection by this ID: derived from it, and always the same. RFC 9000 §10.3.2 */
  resetToken(connectionId: Uint8Array): Uint8Array;
  /** Packets to this ID reach nobody any more. */
  retire(connectionId: Uint8Array): void;
  /** A datagram that ends in this token resets this connection. RFC 9000 §10.3 */
  watchToken(token: Uint8Array): void;
  forgetToken(token: Uint8Array): void;
}

/** An ID with the token that goes with it. */
export interface IssuedId {
  readonly connectionId: Uint8Array;
  readonly resetToken: Uint8Array;
}
