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
   * receiver only until it returns. `ecn` is 0 where the platform does not tell. `to` and `interfaceIndex` say
   * where it came in; left out, that is `local`, on an interface unknown.
   */
  onDatagram: (bytes: Uint8Array, from: Address, ecn: number, to?: Address, interfaceIndex?: number) => void;

  /** Called when the network says that nobody listens at `to` (ICMP), where the platform tells. */
  onUnreachable: (to: Address) => void;

  /**
   * Send `bytes[start, end)` as one datagram. Datagrams leave in call order, and the bytes may be overwritten
   * as soon as this returns. Never throws: a datagram that cannot be sent is a lost one. `from` and
   * `interfaceIndex` are for ports with several sockets; port 0 and index 0 leave the choice to them.
   */
  send(
    bytes: Uint8Array,
    start: number,
    end: number,
    to: Address,
    ecn: number,
    from?: Address,
    interfaceIndex?: number,
  ): void;

  /**
   * Whether datagrams sent now leave soon. While it is false, `QuicLoop` makes none, and `onWritable` is called
   * when it is true again. Left out by ports that cannot tell.
   */
  readonly isWritable?: boolean;
  onWritable?: () => void;

  /** Whether the socket keeps the event loop of its runtime alive, as it does at first. Left out where it never can. */
  ref?(): void;
  unref?(): void;

  /** Send what waits, then close the socket. Afterwards nothing is called and `send` does nothing. */
  close(): void;
}
