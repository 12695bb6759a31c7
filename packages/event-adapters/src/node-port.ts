import { createSocket, type Socket } from 'node:dgram';
import process from 'node:process';
import { type Address, sameAddress } from '@tsquic/quic-core';
import type { DatagramPort } from './datagram-port.ts';
import { openDenoPort } from './deno-port.ts';
import { RemoteAddresses } from './remote-addresses.ts';
import { SOCKET_BUFFER_BYTES } from './socket-buffers.ts';
import { isOfEarlier, isUnreachable } from './unreachable.ts';

/** Options of `openNodePort`. */
export interface NodePortOptions {
  /** Numeric local address. Default: any address of the family in use. */
  readonly ip?: string;
  /** Default 0: the system chooses. */
  readonly port?: number;
  /**
   * Numeric remote address: the socket sends to and receives from this address only; datagrams to others are
   * lost. Sending is faster, and a closed port is reported (`onUnreachable`). For clients: one that migrates
   * to another address of its server has a socket for each.
   */
  readonly connect?: Address;
  /**
   * Let other sockets with this option have the same address; the system then spreads what comes among them, by the
   * addresses of the clients. `canReusePort` tells whether this runtime and system can. Default false.
   */
  readonly reusePort?: boolean;
  /** Size of the system's receive buffer, bytes. Default 4 MiB, or less if the system does not allow that. */
  readonly receiveBufferBytes?: number;
  /** Size of the system's send buffer, bytes; the same default. */
  readonly sendBufferBytes?: number;
}

/**
 * Open a `node:dgram` socket as a `DatagramPort`. Works under Bun as well; under Deno, whose node:dgram sends
 * in reverse order, it opens an unconnected port by `openDenoPort`. Rejects with the system's error, for
 * example EADDRINUSE, when the address cannot be bound.
 */
export async function openNodePort(options: NodePortOptions = {}): Promise<DatagramPort> {
  const { connect } = options;
  const isIpv6 = (options.ip ?? connect?.ip ?? '').includes(':');
  const family = isIpv6 ? 6 : 4;
  if ('Deno' in globalThis)
    return openDenoPort({ ip: options.ip ?? (isIpv6 ? '::' : '0.0.0.0'), port: options.port ?? 0 });
  const socket = createSocket({
    type: isIpv6 ? 'udp6' : 'udp4',
    ...(options.reusePort === true ? { reusePort: true } : {}),
    // Addresses are numeric, so no look-up is needed: the default one defers every send to a later tick.
    lookup: (host, _options, done) => done(null, host, family),
  });
  try {
    await settled(socket, 'listening', () =>
      // In a worker of node:cluster, a socket that is not exclusive is one of all workers, each of which then reads
      // datagrams of the others' connections.
      socket.bind({
        port: options.port ?? 0,
        address: options.ip ?? (isIpv6 ? '::' : '0.0.0.0'),
        exclusive: true,
      }),
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

/**
 * Whether several sockets can share an address by `NodePortOptions.reusePort`: on Linux, with Node 22.12, 23.1 or newer.
 * Older versions ignore the option.
 */
export function canReusePort(
  platform: string = process.platform,
  versions: NodeVersions = process.versions,
): boolean {
  if (platform !== 'linux' || versions['bun'] !== undefined || versions['deno'] !== undefined) return false;
  const [major = 0, minor = 0] = (versions['node'] ?? '').split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
}

type NodeVersions = Readonly<Record<string, string | undefined>>;

/** A `DatagramPort` over a bound socket, connected to `peer` if there is one. */
export class NodePort implements DatagramPort {
  readonly kind = 'dgram';
  readonly local: Address;
  onDatagram: (bytes: Uint8Array, from: Address, ecn: number) => void = () => {};
  onUnreachable: (to: Address) => void = () => {};
  onWritable: () => void = () => {};

  private readonly socket: Socket;
  private readonly peer: Address | undefined;
  /** The peer's address as the system writes it. */
  private readonly connectedTo: Address | undefined;
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
    if (peer !== undefined) {
      const { address, port } = socket.remoteAddress();
      this.connectedTo = { ip: address, port };
    }
    this.onSent = (error) => {
      if (error !== null) this.fail(error);
    };
    this.onDrained = (error) => {
      this.onSent(error);
      this.full = false;
      if (!this.closed) this.onWritable();
    };
    // An ICMP message makes the next call on a connected socket fail, whichever that is.
    socket.on('error', (error) => this.fail(error));
    socket.on('message', (bytes, remote) => {
      if (this.closed) return;
      this.heard = true;
      this.onDatagram(bytes, this.peer ?? this.remotes.intern(remote.address, remote.port), 0);
    });
  }

  /**
   * Is false from when the system refuses a datagram (EAGAIN), which Node keeps, until the system has taken
   * all that waited.
   */
  get isWritable(): boolean {
    return !this.full;
  }

  send(bytes: Uint8Array, start: number, end: number, to: Address): void {
    if (this.closed || !this.reaches(to)) return;
    let onDrained: typeof this.onSent | undefined;
    if (this.sendsUntilLook === 0) {
      const waiting = this.socket.getSendQueueCount();
      if (waiting > COPIES - LOOK_EVERY) return;
      // Datagrams leave in order: when this one has left, those before it have left too.
      if (waiting > 0 && !this.full) onDrained = this.onDrained;
      if (waiting > 0) this.full = true;
      this.sendsUntilLook = waiting > 0 ? 1 : LOOK_EVERY;
    }
    this.sendsUntilLook--;
    this.transmit(this.copies.take(bytes, start, end), end - start, to, onDrained);
  }

  private transmit(
    copy: Buffer,
    length: number,
    to: Address,
    onDrained: typeof this.onSent | undefined,
  ): void {
    try {
      if (this.peer === undefined) {
        const onSent = LOSES_AFTER_ICMP ? this.sendAgain(copy, length, to, onDrained) : onDrained;
        this.socket.send(copy, 0, length, to.port, to.ip, onSent);
      } else {
        // A callback costs a tick, so it is passed only until a datagram of the peer has come.
        this.socket.send(copy, 0, length, onDrained ?? (this.heard ? undefined : this.onSent));
      }
    } catch {
      // The socket cannot reach the address (the other family, port 0): the datagram is lost.
      if (onDrained !== undefined) this.full = false;
    }
  }

  /** Send a datagram once more that was lost by an ICMP message about an earlier one, which may have been to another peer. */
  private sendAgain(
    slot: Buffer,
    length: number,
    to: Address,
    onDrained: typeof this.onSent | undefined,
  ): typeof this.onSent {
    const { copies } = this;
    const number = copies.count;
    return (error) => {
      const isKept = copies.count - number < COPIES;
      // Should it fail again, it is the datagram's own failure, of which nobody needs to hear.
      if (error instanceof Error && isOfEarlier(error) && isKept && !this.closed)
        this.socket.send(slot, 0, length, to.port, to.ip, ignore);
      onDrained?.(error);
    };
  }

  /** Whether the socket can send there: a connected socket sends to its peer, whatever address is given. */
  private reaches(to: Address): boolean {
    const { peer, connectedTo } = this;
    return peer === undefined || sameAddress(to, peer) || sameAddress(to, connectedTo!);
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

  /** Node drops waiting datagrams when a socket closes, so close it after they have left. */
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
 * Copies of datagrams that the system may still have to read: when the socket's buffer is full, Node keeps a
 * reference and sends later, when the caller has overwritten the bytes.
 */
class SendCopies {
  private readonly slots: Buffer[] = [];
  /** Copies that were taken. */
  count = 0;

  /** A copy that stays unchanged for `COPIES` further calls. */
  take(bytes: Uint8Array, start: number, end: number): Buffer {
    const index = this.count++ % COPIES;
    let slot = this.slots[index];
    if (slot === undefined || slot.length < end - start) {
      slot = Buffer.allocUnsafeSlow(Math.max(end - start, SLOT_BYTES));
      this.slots[index] = slot;
    }
    slot.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
    return slot;
  }
}

function ignore(): void {}

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

/**
 * The system's default buffers lose datagrams at high rates. When it does not allow the wanted size, it uses
 * the largest that it allows.
 */
function setBuffers(
  socket: Socket,
  { receiveBufferBytes = SOCKET_BUFFER_BYTES, sendBufferBytes = SOCKET_BUFFER_BYTES }: NodePortOptions,
): void {
  try {
    socket.setRecvBufferSize(receiveBufferBytes);
    socket.setSendBufferSize(sendBufferBytes);
  } catch {
    // Some runtimes cannot set it; the default buffers work, but are slower.
  }
}

/**
 * Bounds the datagrams that may wait for a full socket: those of a turn of `QuicLoop`, and a train that
 * exceeds it.
 */
const COPIES = 128;
/** Sends between two checks of the waiting datagrams: a check costs a fifteenth of a send. */
const LOOK_EVERY = 32;
const SLOT_BYTES = 1536;
/** Bun hears of ICMP messages on sockets that are not connected, by the error of the next call. */
const LOSES_AFTER_ICMP = process.versions['bun'] !== undefined;
const CLOSE_LOOKS = 20;
const CLOSE_LOOK_MS = 5;
