import { sameAddress, type Address } from '@tsquic/quic-core';
import type { DatagramPort } from './datagram-port.ts';
import { RemoteAddresses } from './remote-addresses.ts';
import { SendQueue } from './send-queue.ts';
import { isOfEarlier, isUnreachable } from './unreachable.ts';

/** Options of `openBunPort`. */
export interface BunPortOptions {
  /** Numeric local address. Default: any address of the family in use. */
  readonly ip?: string;
  /** Default 0: the system chooses. */
  readonly port?: number;
  /**
   * Numeric remote address: the socket sends to and receives from this address only; datagrams to others are
   * lost. For clients.
   */
  readonly connect?: Address;
}

/**
 * Open a `Bun.udpSocket` as a `DatagramPort`: the datagrams of one turn leave with one `sendMany`. A closed
 * port is reported (`onUnreachable`) only while the socket has sent to a single address, because Bun does not
 * tell which address it was. Rejects with the system's error, for example EADDRINUSE, when the address cannot
 * be bound.
 */
export async function openBunPort(options: BunPortOptions = {}): Promise<DatagramPort> {
  const { Bun } = globalThis as unknown as { readonly Bun?: BunRuntime };
  if (Bun === undefined) throw new Error('openBunPort needs Bun; elsewhere there is openNodePort');
  const { connect } = options;
  const isIpv6 = connect?.ip.includes(':') === true;
  const socket = await Bun.udpSocket({
    hostname: options.ip ?? (isIpv6 ? '::' : '0.0.0.0'),
    port: options.port ?? 0,
    ...(connect === undefined ? {} : { connect: { hostname: connect.ip, port: connect.port } }),
    socket: {
      data: (_socket, bytes, fromPort, fromIp) => port.receive(bytes, fromIp, fromPort),
      drain: () => port.drain(),
      // Without a handler, an ICMP message from one peer ends the process.
      error: (error) => port.fail(error),
    },
  });
  const port = new BunPort(socket, connect);
  return port;
}

class BunPort implements DatagramPort {
  readonly local: Address;
  onDatagram: DatagramPort['onDatagram'] = () => {};
  onUnreachable: (to: Address) => void = () => {};
  onWritable: () => void = () => {};
  private readonly socket: BunUdpSocket;
  private readonly remotes: RemoteAddresses = new RemoteAddresses();
  private readonly waiting: SendQueue = new SendQueue();
  private readonly peer: Address | undefined;
  /** The only address that was sent to; undefined before the first, and once there were two. */
  private onlyRemote: Address | undefined;
  private hasSent = false;
  private flushes = false;
  private full = false;
  private closed = false;

  constructor(socket: BunUdpSocket, peer: Address | undefined) {
    this.socket = socket;
    this.peer = peer;
    this.local = { ip: socket.hostname, port: socket.port };
  }

  get isWritable(): boolean {
    return !this.full;
  }

  send(bytes: Uint8Array, start: number, end: number, to: Address): void {
    if (this.closed || !isSendable(to, this.local)) return;
    // A connected socket sends to its peer, whatever address is given.
    if (this.peer !== undefined && !sameAddress(to, this.peer)) return;
    if (to !== this.onlyRemote) this.noteRemote(to);
    this.waiting.push(bytes, start, end, to);
    if (this.waiting.length >= BATCH && !this.full) this.flush();
    else if (!this.flushes) {
      this.flushes = true;
      queueMicrotask(() => this.flush());
    }
  }

  close(): void {
    if (this.closed) return;
    this.flush();
    this.closed = true;
    this.socket.close();
  }

  receive(bytes: Uint8Array, ip: string, port: number): void {
    if (!this.closed) this.onDatagram(bytes, this.peer ?? this.remotes.intern(ip, port), 0);
  }

  fail(error: unknown): void {
    const to = this.peer ?? this.onlyRemote;
    if (!this.closed && to !== undefined && isUnreachable(error)) this.onUnreachable(to);
  }

  drain(): void {
    this.full = false;
    this.flush();
    if (!this.full && !this.closed) this.onWritable();
  }

  private flush(): void {
    this.flushes = false;
    const { waiting } = this;
    while (!this.closed && !this.full && waiting.length > 0) {
      const packets: (Uint8Array | number | string)[] = [];
      for (let index = 0; index < BATCH; index++) {
        const datagram = waiting.at(index);
        if (datagram === undefined) break;
        if (this.peer === undefined) packets.push(datagram.bytes, datagram.to.port, datagram.to.ip);
        else packets.push(datagram.bytes);
      }
      const count = this.peer === undefined ? packets.length / 3 : packets.length;
      const taken = this.sendMany(packets);
      waiting.drop(taken);
      this.full = taken < count;
    }
  }

  private noteRemote(to: Address): void {
    const isSame = this.onlyRemote !== undefined && sameAddress(this.onlyRemote, to);
    if (!isSame) this.onlyRemote = this.hasSent ? undefined : to;
    this.hasSent = true;
  }

  /**
   * Send datagrams; returns how many were taken. One that the system refuses is lost, and those after it are
   * sent.
   */
  private sendMany(packets: readonly (Uint8Array | number | string)[], isAgain = false): number {
    try {
      return this.socket.sendMany(packets);
    } catch (error) {
      // An ICMP message about an earlier datagram fails the next call, whomever that sends to.
      return !isAgain && isOfEarlier(error) ? this.sendMany(packets, true) : 1;
    }
  }
}

/**
 * Whether the socket can send there: Bun throws for an address of the other family, whose datagrams are lost.
 */
function isSendable(to: Address, local: Address): boolean {
  return to.port > 0 && to.ip.includes(':') === local.ip.includes(':');
}

/** The part of Bun's interface that this file uses. */
interface BunRuntime {
  udpSocket(options: {
    readonly hostname: string;
    readonly port: number;
    readonly connect?: { readonly hostname: string; readonly port: number };
    readonly socket: {
      readonly data: (socket: BunUdpSocket, bytes: Uint8Array, port: number, ip: string) => void;
      readonly drain: () => void;
      readonly error: (error: unknown) => void;
    };
  }): Promise<BunUdpSocket>;
}

interface BunUdpSocket {
  readonly hostname: string;
  readonly port: number;
  sendMany(packets: readonly (Uint8Array | number | string)[]): number;
  close(): void;
}

const BATCH = 64;
