import { sameAddress, type Address } from '@tsquic/quic-core';
import type { DatagramPort } from './datagram-port.ts';

/** One socket of `createPortSet`. */
export interface PortSetMember {
  readonly port: DatagramPort;
  /** What the core calls this socket's interface. Default: its place in the list, from 1. */
  readonly interfaceIndex?: number;
}

/**
 * Several sockets as one port: IPv4 and IPv6, several interfaces, an alternate port. What comes in tells its
 * socket; what goes out takes the socket of its local address, else the first of its interface, else the first
 * of its family. Takes over the members. The set's `local` is that of the first member.
 */
export function createPortSet(members: readonly PortSetMember[]): DatagramPort {
  return new PortSet(members);
}

class PortSet implements DatagramPort {
  readonly local: Address;
  onDatagram: DatagramPort['onDatagram'] = () => {};
  onUnreachable: (to: Address) => void = () => {};
  onWritable: () => void = () => {};
  private readonly members: readonly Required<PortSetMember>[];

  constructor(members: readonly PortSetMember[]) {
    this.members = members.map(({ port, interfaceIndex }, at) => ({
      port,
      interfaceIndex: interfaceIndex ?? at + 1,
    }));
    const [first] = this.members;
    if (first === undefined) throw new RangeError('a port set needs a member');
    this.local = first.port.local;
    for (const { port, interfaceIndex } of this.members) {
      port.onDatagram = (bytes, from, ecn) => this.onDatagram(bytes, from, ecn, port.local, interfaceIndex);
      port.onUnreachable = (to) => this.onUnreachable(to);
      port.onWritable = () => this.onWritable();
    }
  }

  /** False while any member is full: whom the next datagram is for, nobody knows before it is made. */
  get isWritable(): boolean {
    return this.members.every(({ port }) => port.isWritable !== false);
  }

  send(
    bytes: Uint8Array,
    start: number,
    end: number,
    to: Address,
    ecn: number,
    from: Address = ANY,
    interfaceIndex = 0,
  ): void {
    this.choose(to, from, interfaceIndex)?.send(bytes, start, end, to, ecn);
  }

  ref(): void {
    for (const { port } of this.members) port.ref?.();
  }

  unref(): void {
    for (const { port } of this.members) port.unref?.();
  }

  close(): void {
    for (const { port } of this.members) port.close();
  }

  private choose(to: Address, from: Address, interfaceIndex: number): DatagramPort | undefined {
    let best: DatagramPort | undefined;
    let isInterface = false;
    for (let at = 0; at < this.members.length; at++) {
      const { port, interfaceIndex: index } = this.members[at]!;
      if (from.port !== 0 && sameAddress(port.local, from)) return port;
      if (isInterface || isIpv6(port.local) !== isIpv6(to)) continue;
      isInterface = index === interfaceIndex;
      if (isInterface) best = port;
      else best ??= port;
    }
    return best;
  }
}

function isIpv6(address: Address): boolean {
  return address.ip.includes(':');
}

const ANY: Address = { ip: '', port: 0 };
