import type { Address } from '@tsquic/quic-core';

/**
 * A UDP socket, reduced to what `QuicLoop` needs. `portPromises` checks whether an implementation keeps the
 * promises made here.
 */
export interface DatagramPort {
  /** Where the socket is bound. One object for the life of the port. */
  readonly local: Address;

  /**
   * Called once for each datagram, in order of arrival, never from inside `send`. `bytes` belong to the
   * receiver only until it returns. `ecn` is 0 where the platform does not tell.
   */
  onDatagram: (bytes: Uint8Array, from: Address, ecn: number) => void;

  /** Called when the network says that nobody listens at `to` (ICMP), where the platform tells. */
  onUnreachable: (to: Address) => void;

  /**
   * Send `bytes[start, end)` as one datagram. Datagrams leave in call order, and the bytes may be overwritten
   * as soon as this returns. Never throws: a datagram that cannot be sent is a lost one.
   */
  send(bytes: Uint8Array, start: number, end: number, to: Address, ecn: number): void;

  /** Close the socket. Afterwards nothing is called and `send` does nothing. */
  close(): void;
}
