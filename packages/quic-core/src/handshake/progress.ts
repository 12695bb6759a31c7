/** The state of the handshake that the probe timeout depends on. RFC 9002 §6.2 */
export interface HandshakeProgress {
  readonly isClient: boolean;
  /** Whether both Finished messages were exchanged, so that 1-RTT packets can be sent and received. */
  readonly complete: boolean;
  readonly confirmed: boolean;
  readonly hasHandshakeKeys: boolean;
  /**
   * Whether the server is known to have validated our address: before that, a client sends probes so that the
   * server may send. RFC 9002 §6.2.2.1
   */
  readonly peerValidated: boolean;
}
