import type { Address } from '@tsquic/quic-core';
import type { DatagramPort } from './datagram-port.ts';
import { RemoteAddresses } from './remote-addresses.ts';
import { SendQueue } from './send-queue.ts';
import { throwLater } from './throw-later.ts';

/** Options of `openDenoPort`. */
export interface DenoPortOptions {
  /** Numeric local address. Default '0.0.0.0'. */
  readonly ip?: string;
  /** Default 0: the system chooses. */
  readonly port?: number;
}

/**
 * Open `Deno.listenDatagram` as a `DatagramPort`; this needs --unstable-net and the permission to use the
 * network. Each send is awaited before the next, because concurrent ones may leave in any order. Rejects with
 * the system's error, for example AddrInUse, when the address cannot be bound.
 */
export async function openDenoPort(options: DenoPortOptions = {}): Promise<DatagramPort> {
  const { Deno } = globalThis as unknown as { readonly Deno?: Partial<DenoRuntime> };
  if (Deno?.listenDatagram === undefined)
    throw new Error('openDenoPort needs Deno with --unstable-net; elsewhere there is openNodePort');
  const { ip = '0.0.0.0', port = 0 } = options;
  return new DenoPort(Deno.listenDatagram({ transport: 'udp', hostname: ip, port }));
}

class DenoPort implements DatagramPort {
  readonly local: Address;
  onDatagram: DatagramPort['onDatagram'] = () => {};
  onUnreachable: (to: Address) => void = () => {};
  onWritable: () => void = () => {};
  private readonly socket: DenoDatagramConn;
  private readonly remotes: RemoteAddresses = new RemoteAddresses();
  private readonly waiting: SendQueue = new SendQueue();
  private sending = false;
  private closed = false;

  constructor(socket: DenoDatagramConn) {
    this.socket = socket;
    this.local = { ip: socket.addr.hostname, port: socket.addr.port };
    void this.receive();
  }

  get isWritable(): boolean {
    return this.waiting.hasRoom;
  }

  send(bytes: Uint8Array, start: number, end: number, to: Address): void {
    if (this.closed) return;
    this.waiting.push(bytes, start, end, to);
    if (!this.sending) void this.drain();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    // Sending goes on in `drain`, which closes the socket afterwards.
    if (!this.sending) this.socket.close();
  }

  private async drain(): Promise<void> {
    this.sending = true;
    for (let first = this.waiting.at(0); first !== undefined; first = this.waiting.at(0)) {
      const { ip, port } = first.to;
      try {
        await this.socket.send(first.bytes, { transport: 'udp', hostname: ip, port });
      } catch {
        // The socket cannot reach the address, or an earlier datagram caused an ICMP message: the datagram is
        // lost.
      }
      const wasFull = !this.waiting.hasRoom;
      this.waiting.drop(1);
      if (wasFull && this.waiting.hasRoom && !this.closed) this.onWritable();
    }
    this.sending = false;
    if (this.closed) this.socket.close();
  }

  private async receive(): Promise<void> {
    const buffer = new Uint8Array(MAX_UDP_PAYLOAD);
    while (!this.closed) {
      const arrival = await this.socket.receive(buffer).catch(() => undefined);
      if (this.closed) return;
      if (arrival !== undefined) {
        const [bytes, { hostname, port }] = arrival;
        try {
          this.onDatagram(bytes, this.remotes.intern(hostname, port), 0);
        } catch (error) {
          // What a handler throws is uncaught, as in an event of its own; the next datagram is read.
          throwLater(error);
        }
      }
      // An ICMP message may make one receive fail: receive again.
      else await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
}

/** The part of Deno's interface that this file uses. */
interface DenoRuntime {
  listenDatagram(options: DenoAddress): DenoDatagramConn;
}

interface DenoAddress {
  readonly transport: 'udp';
  readonly hostname: string;
  readonly port: number;
}

interface DenoDatagramConn {
  readonly addr: DenoAddress;
  send(bytes: Uint8Array, to: DenoAddress): Promise<number>;
  receive(buffer: Uint8Array): Promise<[Uint8Array, DenoAddress]>;
  close(): void;
}

const MAX_UDP_PAYLOAD = 65_535;
