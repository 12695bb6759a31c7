/** What a source of datagrams did when it was asked. */
export interface DatagramAnswer {
  /** Bytes written to the start of the room, 0 for an empty datagram; -1 when the room is too small for the next one. */
  readonly bytes: number;
  /**
   * The program's name for the datagram in the event that tells what became of it, as in
   * `QuicDatagrams.send`.
   */
  readonly tag?: number;
}

/**
 * Makes datagrams while packets are built: just-in-time sending. It writes one datagram to the start of `room`, which lies in the
 * packet itself, and must not keep it. It is asked again while the packet has room, and again for the next packet, until it
 * gives undefined, which puts it to rest until `QuicDatagrams.setSource` is called again. A room that is too small
 * (`bytes` -1) is followed by that of an empty packet; where that is too small as well, the source comes to rest.
 * What it throws closes the connection with INTERNAL_ERROR.
 */
export type DatagramSource = (room: Uint8Array) => DatagramAnswer | undefined;
