import { createSocket, type Socket } from 'node:dgram';
import type { Address } from '@tsquic/quic-core';
import type { DatagramPort } from './datagram-port.ts';
import { openDenoPort } from './deno-port.ts';
import { RemoteAddresses } from './remote-addresses.ts';
import { isUnreachable } from './unreachable.ts';

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
  /** What the system may keep of datagrams that came, bytes. Default 4 MiB; it gives less where it allows less. */
  readonly receiveBufferBytes?: number;
  /** The same for datagrams that leave. */
  readonly sendBufferBytes?: number;
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
  setBuffers(socket, options);
  return new NodePort(socket, connect);
}

/** A `DatagramPort` over a bound socket, connected to `peer` if there is one. */
export class NodePort implements DatagramPort {
  readonly local: Address;
  onDatagram: (bytes: Uint8Array, from: Address, ecn: number) => void = () => {};
  onUnreachable: (to: Address) => void = () => {};
  onWritable: () => void = () => {};

  private readonly socket: Socket;
  private readonly peer: Address | undefined;
  private readonly copies: SendCopies = new SendCopies();
  private readonly remotes: RemoteAddresses = new RemoteAddresses();
  private readonly onSent: (error: Error | null) => void;
  private readonly onDrained: (error: Error | null) => void;
  private sendsUntilLook = 0;
  private full = false;
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
    this.onDrained = (error) => {
      this.onSent(error);
      this.full = false;
      if (!this.closed) this.onWritable();
    };
    // An ICMP message fails the next call on a connected socket, whichever that is.
    socket.on('error', (error) => this.fail(error));
    socket.on('message', (bytes, remote) => {
      if (this.closed) return;
      this.heard = true;
      this.onDatagram(bytes, this.peer ?? this.remotes.intern(remote.address, remote.port), 0);
    });
  }

  /** False from when the system refused a datagram (EAGAIN), which Node keeps, until it took all that waited. */
  get isWritable(): boolean {
    return !this.full;
  }

  send(bytes: Uint8Array, start: number, end: number, to: Address): void {
    if (this.closed) return;
    let tellWhen: typeof this.onSent | undefined;
    if (this.sendsUntilLook === 0) {
      const waiting = this.socket.getSendQueueCount();
      if (waiting > COPIES - LOOK_EVERY) return;
      // Datagrams leave in order: when this one has left, those that wait have left too.
      if (waiting > 0 && !this.full) tellWhen = this.onDrained;
      if (waiting > 0) this.full = true;
      this.sendsUntilLook = waiting > 0 ? 1 : LOOK_EVERY;
    }
    this.sendsUntilLook--;
    // A callback costs a tick: it serves only until somebody is known to listen.
    if (this.peer !== undefined && !this.heard) tellWhen ??= this.onSent;
    const length = end - start;
    const copy = this.copies.take(bytes, start, end);
    try {
      if (this.peer === undefined) this.socket.send(copy, 0, length, to.port, to.ip, tellWhen);
      else this.socket.send(copy, 0, length, tellWhen);
    } catch {
      // An address the socket cannot reach (the other family, port 0): the datagram is lost.
      if (tellWhen === this.onDrained) this.full = false;
    }
  }

  ref(): void {
    if (!this.closed) this.socket.ref();
  }

  unref(): void {
    if (!this.closed) this.socket.unref();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.closeWhenSent(CLOSE_LOOKS);
  }

  /** Node drops what still waits when a socket closes. */
  private closeWhenSent(looksLeft: number): void {
    if (looksLeft === 0 || this.socket.getSendQueueCount() === 0) this.socket.close();
    else setTimeout(() => this.closeWhenSent(looksLeft - 1), CLOSE_LOOK_MS);
  }

  private fail(error: Error): void {
    if (this.closed || this.peer === undefined) return;
    if (isUnreachable(error)) this.onUnreachable(this.peer);
  }
}

/**
 * Copies of datagrams that the system may still read. A socket whose buffer is full makes Node keep a
 * reference and send later, when the caller has overwritten its bytes.
 */
class SendCopies {
  private readonly slots: Buffer[] = [];
  private next = 0;

  /** A copy that stays untouched for `COPIES` more calls. */
  take(bytes: Uint8Array, start: number, end: number): Buffer {
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

/** The system's own buffers lose datagrams at full rate. Where it allows less than asked for, it gives that. */
function setBuffers(
  socket: Socket,
  { receiveBufferBytes = SOCKET_BUFFER_BYTES, sendBufferBytes = SOCKET_BUFFER_BYTES }: NodePortOptions,
): void {
  try {
    socket.setRecvBufferSize(receiveBufferBytes);
    socket.setSendBufferSize(sendBufferBytes);
  } catch {
    // Some runtimes have no such setting; the system's buffers work, only slower.
  }
}

const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
/** Bounds what may wait for a full socket: a turn of `QuicLoop` and the train that goes beyond it. */
const COPIES = 128;
/** Sends between two looks at what waits: a look costs a fifteenth of a send. */
const LOOK_EVERY = 32;
const SLOT_BYTES = 1536;
const CLOSE_LOOKS = 20;
const CLOSE_LOOK_MS = 5;
