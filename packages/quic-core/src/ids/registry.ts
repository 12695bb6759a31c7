/** Where a connection says which of its IDs and reset tokens lead to it. The context's router implements it. */
export interface ConnectionIdRegistry {
  /** A fresh ID that nobody uses yet; packets to it reach this connection from now on. */
  issue(): IssuedId;
  /** Packets to this ID reach nobody any more. */
  retire(connectionId: Uint8Array): void;
  /** A datagram that ends in this token resets this connection. RFC 9000 §10.3 */
  watchToken(token: Uint8Array): void;
  forgetToken(token: Uint8Array): void;
}

export interface IssuedId {
  readonly connectionId: Uint8Array;
  readonly resetToken: Uint8Array;
}
