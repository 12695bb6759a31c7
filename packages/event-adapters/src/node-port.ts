import { createSocket, type Socket } from 'node:dgram';
import type { Address } from '@tsquic/quic-core';
import type { DatagramPort } from './datagram-port.ts';
import { openDenoPort } from './deno-port.ts';
import { RemoteAddresses } from './remote-addresses.ts';

/** Options of `openNodePort`. */
export interface NodePortOptions {
  /** Numeric local address. Default: the loopback-free "any" address of the family in use. */
  readonly ip?: string;
  /** Default 0: the system chooses. */
  readonly port?: number;
  /**
   * Numeric remote address: sends and receives to and from this one only. Sending is faster, and a closed
   * port is noticed (`onUnreachable`). For clients.
   */
  readonly connect?: Address;
}

/**
 * Open a `node:dgram` socket as a `DatagramPort`. Works under Bun as well; under Deno, whose node:dgram sends in
 * reverse order, it opens what `openDenoPort` opens, unconnected. Rejects with the system's error, EADDRINUSE for
 * one, when the address cannot be had.
 */
export async function openNodePort(options: NodePortOptions = {}): Promise<DatagramPort> {
  const { connect } = options;
  const isIpv6 = (options.ip ?? connect?.ip ?? '').includes(':');
  const family = isIpv6 ? 6 : 4;
  if ('Deno' in globalThis)
    return openDenoPort({ ip: options.ip ?? (isIpv6 ? '::' : '0.0.0.0'), port: options.port ?? 0 });
  const socket = createSocket({
    type: isIpv6 ? 'udp6' : 'udp4',
    // Addresses are numeric here. The default lookup defers every send to a later tick.
    lookup: (host, _options, done) => done(null, host, family),
  });
  try {
    await settled(socket, 'listening', () =>
      socket.bind(options.port ?? 0, options.ip ?? (isIpv6 ? '::' : '0.0.0.0')),
    );
    if (connect !== undefined) {
      await settled(socket, 'connect', () => socket.connect(connect.port, connect.ip));
    }
  } catch (error) {
    socket.close();
    throw error;
  }
  enlargeBuffers(socket);
  return new NodePort(socket, connect);
}

class NodePort implements DatagramPort {
  readonly local: Address;
  onDatagram: (bytes: Uint8Array, from: Address, ecn: number) => void = () => {};
  onUnreachable: (to: Address) => void = () => {};

  private readonly socket: Socket;
  private readonly peer: Address | undefined;
  private readonly copies: SendCopies = new SendCopies();
  private readonly remotes: RemoteAddresses = new RemoteAddresses();
  private readonly onSent: (error: Error | null) => void;
  private heard = false;
  private closed = false;

  constructor(socket: Socket, peer: Address | undefined) {
    this.socket = socket;
    this.peer = peer;
    const bound = socket.address();
    this.local = { ip: bound.address, port: bound.port };
    this.onSent = (error) => {
      if (error !== null) this.fail(error);
    };
    // An ICMP message fails the next call on a connected socket, whichever that is.
    socket.on('error', (error) => this.fail(error));
    socket.on('message', (bytes, remote) => {
      this.heard = true;
      this.onDatagram(bytes, this.peer ?? this.remotes.intern(remote.address, remote.port), 0);
    });
  }

  send(bytes: Uint8Array, start: number, end: number, to: Address): void {
    if (this.closed) return;
    const copy = this.copies.take(this.socket, bytes, start, end);
    if (copy === undefined) return;
    const length = end - start;
    try {
      if (this.peer === undefined) this.socket.send(copy, 0, length, to.port, to.ip);
      // A callback costs a tick: it serves only until somebody is known to listen.
      else if (this.heard) this.socket.send(copy, 0, length);
      else this.socket.send(copy, 0, length, this.onSent);
    } catch {
      // An address the socket cannot reach (the other family, port 0): the datagram is lost.
    }
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.socket.close();
  }

  private fail(error: Error): void {
    if (this.closed || this.peer === undefined) return;
    if (UNREACHABLE.has((error as NodeJS.ErrnoException).code ?? '')) this.onUnreachable(this.peer);
  }
}

/**
 * Copies of datagrams that the system may still read. A socket whose buffer is full makes Node keep a
 * reference and send later, when the caller has overwritten its bytes.
 */
class SendCopies {
  private readonly slots: Buffer[] = [];
  private next = 0;
  private untilLook = 0;

  /** A copy that stays untouched until sent, or undefined while too many wait: the datagram is lost then. */
  take(socket: Socket, bytes: Uint8Array, start: number, end: number): Buffer | undefined {
    if (this.untilLook === 0) {
      if (socket.getSendQueueCount() > COPIES / 2) return undefined;
      this.untilLook = COPIES / 2;
    }
    this.untilLook--;
    const index = this.next;
    this.next = (index + 1) % COPIES;
    let slot = this.slots[index];
    if (slot === undefined || slot.length < end - start) {
      slot = Buffer.allocUnsafeSlow(Math.max(end - start, SLOT_BYTES));
      this.slots[index] = slot;
    }
    slot.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
    return slot;
  }
}

function settled(socket: Socket, event: 'listening' | 'connect', begin: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      socket.off('error', failed);
      resolve();
    };
    const failed = (error: Error): void => {
      socket.off(event, done);
      reject(error);
    };
    socket.once(event, done);
    socket.once('error', failed);
    begin();
  });
}

/** The default buffers lose datagrams at full rate. Where the system allows less, it gives what it allows. */
function enlargeBuffers(socket: Socket): void {
  try {
    socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
    socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
  } catch {
    // Some runtimes have no such setting; the defaults work, only slower.
  }
}

const UNREACHABLE: ReadonlySet<string> = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
const COPIES = 64;
const SLOT_BYTES = 1536;
