/**
 * Enters the IDs and reset tokens of a connection, so that datagrams find it. The context's router implements
 * it.
 */
export interface ConnectionIdRegistry {
  /**
   * Issue the first connection ID, to which packets may come from now on. Throws when the program's generator
   * has none.
   */
  issueFirst(): Uint8Array;
  /** Issue a further ID; undefined when the program's generator has no more. */
  issueFurther(): Uint8Array | undefined;
  /** The token that resets a connection by an ID that is issued now. RFC 9000 §10.3.2 */
  resetToken(connectionId: Uint8Array): Uint8Array;
  /** Packets to this ID no longer reach the connection. */
  retire(connectionId: Uint8Array): void;
  /** Nor do those to IDs that were not issued: the first that the client sent to. */
  releaseExtra(): void;
  /** A stateless reset with this token ends this connection. RFC 9000 §10.3 */
  watchToken(token: Uint8Array): void;
  forgetToken(token: Uint8Array): void;
}

/** A connection ID and its stateless reset token. */
export interface IssuedId {
  readonly connectionId: Uint8Array;
  readonly resetToken: Uint8Array;
}
