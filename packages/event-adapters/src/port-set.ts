import { sameAddress, type Address } from '@tsquic/quic-core';
import type { DatagramPort } from './datagram-port.ts';
import { sendApart } from './send-apart.ts';

/** One socket of `createPortSet`. */
export interface PortSetMember {
  readonly port: DatagramPort;
  /** The interface index that the core gets for this socket. Default: its place in the list, from 1. */
  readonly interfaceIndex?: number;
}

/**
 * Several sockets as one port, for IPv4 and IPv6, several interfaces, or an alternate port. A received
 * datagram tells its socket; a sent one takes the socket of its local address, else the first of its
 * interface, else the first of its family. The set owns its members. Its `local` is that of the first member.
 */
export function createPortSet(members: readonly PortSetMember[]): DatagramPort {
  return new PortSet(members);
}

/** A port that consists of other ports, which may be added and removed. */
export class PortSet implements DatagramPort {
  readonly local: Address;
  onDatagram: DatagramPort['onDatagram'] = () => {};
  onUnreachable: (to: Address, from?: Address) => void = () => {};
  onWritable: () => void = () => {};
  /** `close` was called. */
  onClosed: () => void = () => {};
  private members: readonly Required<PortSetMember>[] = [];
  private nextIndex = 1;
  private isReferenced = true;
  private closed = false;
  /** The members that were full at the last send. */
  private readonly full: Set<DatagramPort> = new Set();

  /** @param local - default: that of the first member. */
  constructor(members: readonly PortSetMember[], local?: Address) {
    const [first] = members;
    if (first === undefined) throw new RangeError('a port set needs a member');
    this.local = local ?? first.port.local;
    for (const member of members) this.add(member);
  }

  /** Add a member. */
  add({ port, interfaceIndex = this.nextIndex }: PortSetMember): void {
    if (this.closed) return port.close();
    this.nextIndex++;
    port.onDatagram = (bytes, from, ecn, to = port.local) =>
      this.onDatagram(bytes, from, ecn, to, interfaceIndex);
    port.onUnreachable = (to, from = port.local) => this.onUnreachable(to, from);
    port.onWritable = () => this.onWritable();
    if (!this.isReferenced) port.unref?.();
    this.members = [...this.members, { port, interfaceIndex }];
  }

  /** Close the member that is bound here, if there is one. */
  remove(local: Address): void {
    const gone = this.members.find(({ port }) => sameAddress(port.local, local));
    if (gone === undefined) return;
    this.members = this.members.filter((member) => member !== gone);
    this.full.delete(gone.port);
    gone.port.close();
  }

  /** The kind of its first member. */
  get kind(): string {
    return this.members[0]?.port.kind ?? 'other';
  }

  /** Whether a member is bound to this IP. */
  has(ip: string): boolean {
    return this.members.some(({ port }) => port.local.ip === ip);
  }

  /** Close the members whose IP is not wanted. */
  keep(isWanted: (ip: string) => boolean): void {
    const gone = this.members.filter(({ port }) => !isWanted(port.local.ip));
    if (gone.length === 0) return;
    this.members = this.members.filter((member) => !gone.includes(member));
    for (const { port } of gone) {
      this.full.delete(port);
      port.close();
    }
  }

  /**
   * Is false while any member is full, because the address of the next datagram is not known before it is
   * made.
   */
  get isWritable(): boolean {
    if (this.full.size === 0) return true;
    for (const port of this.full) if (port.isWritable !== false) this.full.delete(port);
    return this.full.size === 0;
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
    const port = this.choose(to, from, interfaceIndex);
    if (port === undefined) return;
    port.send(bytes, start, end, to, ecn, from);
    if (port.isWritable === false) this.full.add(port);
  }

  sendTrain(
    bytes: Uint8Array,
    start: number,
    end: number,
    segmentBytes: number,
    to: Address,
    ecn: number,
    from: Address = ANY,
    interfaceIndex = 0,
  ): void {
    const port = this.choose(to, from, interfaceIndex);
    if (port === undefined) return;
    if (port.sendTrain !== undefined) port.sendTrain(bytes, start, end, segmentBytes, to, ecn, from);
    else sendApart(port, bytes, start, end, segmentBytes, to, ecn, from);
    if (port.isWritable === false) this.full.add(port);
  }

  ref(): void {
    this.isReferenced = true;
    for (const { port } of this.members) port.ref?.();
  }

  unref(): void {
    this.isReferenced = false;
    for (const { port } of this.members) port.unref?.();
  }

  close(): void {
    this.closed = true;
    this.onClosed();
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
