import type { Address } from '@tsquic/quic-core';
import type { DatagramPort } from './datagram-port.ts';
import { RemoteAddresses } from './remote-addresses.ts';
import { SendQueue } from './send-queue.ts';

/** Options of `openBunPort`. */
export interface BunPortOptions {
  /** Numeric local address. Default '0.0.0.0'. */
  readonly ip?: string;
  /** Default 0: the system chooses. */
  readonly port?: number;
}

/**
 * Open a `Bun.udpSocket` as a `DatagramPort`: the datagrams of one turn leave with one `sendMany`. Rejects with
 * the system's error, EADDRINUSE for one, when the address cannot be had.
 */
export async function openBunPort(options: BunPortOptions = {}): Promise<DatagramPort> {
  const { Bun } = globalThis as unknown as { readonly Bun?: BunRuntime };
  if (Bun === undefined) throw new Error('openBunPort needs Bun; elsewhere there is openNodePort');
  const socket = await Bun.udpSocket({
    hostname: options.ip ?? '0.0.0.0',
    port: options.port ?? 0,
    socket: {
      data: (_socket, bytes, fromPort, fromIp) => port.receive(bytes, fromIp, fromPort),
      drain: () => port.drain(),
      // Without a handler an ICMP message of one peer ends the process.
      error: () => {},
    },
  });
  const port = new BunPort(socket);
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
  private flushes = false;
  private full = false;
  private closed = false;

  constructor(socket: BunUdpSocket) {
    this.socket = socket;
    this.local = { ip: socket.hostname, port: socket.port };
  }

  get isWritable(): boolean {
    return !this.full;
  }

  send(bytes: Uint8Array, start: number, end: number, to: Address): void {
    if (this.closed || !isSendable(to, this.local)) return;
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
    if (!this.closed) this.onDatagram(bytes, this.remotes.intern(ip, port), 0);
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
        packets.push(datagram.bytes, datagram.to.port, datagram.to.ip);
      }
      const count = packets.length / 3;
      const taken = this.sendMany(packets);
      waiting.drop(taken);
      this.full = taken < count;
    }
  }

  /** Datagrams taken. One that the system refuses outright is lost, and with it none behind it. */
  private sendMany(packets: readonly (Uint8Array | number | string)[]): number {
    try {
      return this.socket.sendMany(packets);
    } catch {
      return 1;
    }
  }
}

/** Bun throws for the other family; the datagram is lost. */
function isSendable(to: Address, local: Address): boolean {
  return to.port > 0 && to.ip.includes(':') === local.ip.includes(':');
}

/** What this file uses of Bun. */
interface BunRuntime {
  udpSocket(options: {
    readonly hostname: string;
    readonly port: number;
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
