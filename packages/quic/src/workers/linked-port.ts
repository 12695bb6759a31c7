import type { DatagramPort } from '@tsquic/event-adapters';
import type { DatagramLink } from '@tsquic/event-adapters/worker';
import type { Address } from '@tsquic/quic-core';

/** The port of a worker without sockets: the thread that has them passes datagrams both ways. */
export class LinkedPort implements DatagramPort {
  readonly local: Address;
  onDatagram: DatagramPort['onDatagram'] = () => {};
  /** A server's sockets are not connected, so that nothing tells of this. */
  onUnreachable: (to: Address) => void = () => {};
  onWritable: () => void = () => {};
  private readonly link: DatagramLink;

  constructor(link: DatagramLink, local: Address) {
    this.link = link;
    this.local = local;
    link.onDatagram = (bytes, from, ecn, to, interfaceIndex) =>
      this.onDatagram(bytes, from, ecn, to, interfaceIndex);
    link.onRoom = () => this.onWritable();
  }

  get isWritable(): boolean {
    return this.link.hasRoom;
  }

  send(
    bytes: Uint8Array,
    start: number,
    end: number,
    to: Address,
    ecn: number,
    from: Address = this.local,
    interfaceIndex = 0,
  ): void {
    this.link.send(bytes, start, end, to, ecn, from, interfaceIndex);
  }

  ref(): void {
    this.link.ref();
  }

  unref(): void {
    this.link.unref();
  }

  close(): void {
    this.link.close();
  }
}
