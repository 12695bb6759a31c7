import type { Address } from '@tsquic/quic-core';

/**
 * A UDP socket with the functions that `QuicLoop` needs. `portPromises` tests whether an implementation
 * behaves as described here.
 */
export interface DatagramPort {
  /** What its socket is opened through, for statistics: 'dgram', 'ffi'. Absent from ports that programs bring. */
  readonly kind?: string;

  /** The address that the socket is bound to. The object is the same for the life of the port. */
  readonly local: Address;

  /**
   * Is called once for each datagram, in order of arrival, never from inside `send`. `bytes` are valid only
   * during the call. `ecn` is 0 when the platform does not tell. `to` and `interfaceIndex` tell where the
   * datagram came in; when left out, that is `local`, on an unknown interface.
   */
  onDatagram: (bytes: Uint8Array, from: Address, ecn: number, to?: Address, interfaceIndex?: number) => void;

  /**
   * Is called when an ICMP message tells that no program receives at `to`, if the platform tells. `from` is the
   * local address that was sent from; when left out, that is `local`.
   */
  onUnreachable: (to: Address, from?: Address) => void;

  /**
   * Send `bytes[start, end)` as one datagram. Datagrams leave in the order of the calls, and the bytes may be
   * overwritten as soon as this returns. Never throws: a datagram that cannot be sent is lost. `from` and
   * `interfaceIndex` are for ports with several sockets; port 0 and index 0 let the port choose.
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
   * Send `bytes[start, end)` as datagrams of `segmentBytes`, the last of which may be shorter: the same as a `send` for each, in fewer
   * calls of the system. Absent where there is no such call.
   */
  sendTrain?(
    bytes: Uint8Array,
    start: number,
    end: number,
    segmentBytes: number,
    to: Address,
    ecn: number,
    from?: Address,
    interfaceIndex?: number,
  ): void;

  /**
   * Whether datagrams sent now leave soon. While it is false, `QuicLoop` makes none; `onWritable` is called
   * when it becomes true. Absent from ports that cannot tell.
   */
  readonly isWritable?: boolean;
  onWritable?: () => void;

  /**
   * Whether the socket keeps the event loop of its runtime alive, which is the default. Absent when it never
   * can.
   */
  ref?(): void;
  unref?(): void;

  /**
   * Send waiting datagrams, then close the socket. Afterwards no callback is called and `send` does nothing.
   */
  close(): void;
}
