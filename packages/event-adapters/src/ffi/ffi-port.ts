import type { Address } from '@tsquic/quic-core';
import { sameAddress } from '@tsquic/quic-core';
import type { DatagramPort } from '../datagram-port.ts';
import { sendApart } from '../send-apart.ts';
import { SendQueue } from '../send-queue.ts';
import type { NativeSystem } from './native-system.ts';
import { type Readiness, Ready, throwSoon } from './readiness.ts';
import { Errno, UdpSocket, type UdpSocketOptions } from './udp-socket.ts';

/**
 * A `DatagramPort` over a socket of its own, by system calls through node:ffi or bun:ffi: trains leave and arrive with one call, with ECN marks
 * and local addresses.
 */
export class FfiPort implements DatagramPort {
  readonly kind = 'ffi';
  readonly local: Address;
  onDatagram: DatagramPort['onDatagram'] = () => {};
  onUnreachable: (to: Address) => void = () => {};
  onWritable: () => void = () => {};
  private readonly socket: UdpSocket;
  private readonly readiness: Readiness;
  private readonly peer: Address | undefined;
  private readonly waiting: SendQueue = new SendQueue();
  /** Paths on which trains failed: too narrow, or over a device that cannot split them. */
  private readonly withoutTrains: Set<Address> = new Set();
  /** The peer's address as the system writes it, once a datagram has come. */
  private known: Address = ANY;
  private closed = false;

  /** Throws the system's error when the socket cannot be opened. */
  constructor(system: NativeSystem, options: UdpSocketOptions) {
    this.socket = UdpSocket.open(system, options);
    this.local = this.socket.local;
    this.peer = options.connect;
    try {
      this.readiness = system.watch(this.socket.fd, (status, events) => this.onReady(status, events));
    } catch (error) {
      this.socket.close();
      throw error;
    }
    this.readiness.start(Ready.Read);
  }

  /** Is false from when the system takes no more until it has taken all that waited. */
  get isWritable(): boolean {
    return this.waiting.length === 0;
  }

  send(bytes: Uint8Array, start: number, end: number, to: Address, ecn: number, from: Address = ANY): void {
    if (this.closed || !this.reaches(to)) return;
    if (this.waiting.length > 0) return this.waiting.push(bytes, start, end, to, ecn, from);
    if (this.transmit(bytes, start, end, end - start, to, ecn, from)) return;
    this.waiting.push(bytes, start, end, to, ecn, from);
    this.readiness.start(Ready.Read | Ready.Write);
  }

  sendTrain(
    bytes: Uint8Array,
    start: number,
    end: number,
    segmentBytes: number,
    to: Address,
    ecn: number,
    from: Address = ANY,
  ): void {
    const most = Math.min(MAX_SEGMENTS, Math.floor(MAX_TRAIN_BYTES / segmentBytes)) * segmentBytes;
    for (let at = start; at < end && segmentBytes > 0;) {
      const next = Math.min(at + most, end);
      const isTrain = next - at > segmentBytes && this.waiting.length === 0 && !this.withoutTrains.has(to);
      const hasLeft =
        isTrain &&
        !this.closed &&
        this.reaches(to) &&
        this.transmit(bytes, at, next, segmentBytes, to, ecn, from);
      if (!hasLeft) sendApart(this, bytes, at, next, segmentBytes, to, ecn, from);
      at = next;
    }
  }

  ref(): void {
    if (!this.closed) this.readiness.ref();
  }

  unref(): void {
    if (!this.closed) this.readiness.unref();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.drain();
    if (this.waiting.length === 0) return this.end();
    // What still waits leaves when the system takes it, for a moment.
    this.readiness.start(Ready.Write);
    setTimeout(() => this.end(), CLOSE_MS);
  }

  /** The watching goes first: it looks at the socket as it ends. */
  private end(): void {
    this.readiness.close();
    this.socket.close();
  }

  private reaches(to: Address): boolean {
    const { peer, known } = this;
    return peer === undefined || sameAddress(to, peer) || sameAddress(to, known);
  }

  /**
   * Give datagrams to the system. Returns false when it must be tried again later, or, for a train, one by one. What the system
   * refuses otherwise is lost.
   */
  private transmit(
    bytes: Uint8Array,
    start: number,
    end: number,
    segmentBytes: number,
    to: Address,
    ecn: number,
    from: Address,
  ): boolean {
    let errno = this.socket.send(bytes, start, end, segmentBytes, to, ecn, from);
    // An ICMP message about an earlier datagram fails the next call, whichever that is.
    if (this.tellUnreachable(errno)) errno = this.socket.send(bytes, start, end, segmentBytes, to, ecn, from);
    if (errno === Errno.WouldBlock) return false;
    if (end - start <= segmentBytes || !TRAIN_ERRORS.has(errno)) return true;
    if (this.withoutTrains.size >= MAX_PATHS) this.withoutTrains.clear();
    this.withoutTrains.add(to);
    return false;
  }

  private onReady(status: number, events: number): void {
    if (status < 0) {
      // An error waits in the socket; reading takes it off, also where datagrams only wait to leave.
      if (this.closed) this.socket.receive();
      if (this.readAll()) this.readiness.restart();
      return;
    }
    if ((events & Ready.Write) !== 0) this.onRoom();
    if ((events & Ready.Read) !== 0 && !this.closed && !this.readAll()) this.readiness.stop();
  }

  private onRoom(): void {
    this.drain();
    if (this.waiting.length > 0) return;
    if (this.closed) return this.end();
    this.readiness.start(Ready.Read);
    this.onWritable();
  }

  private drain(): void {
    for (let first = this.waiting.at(0); first !== undefined; first = this.waiting.at(0)) {
      const { bytes, to, ecn, from } = first;
      if (!this.transmit(bytes, 0, bytes.length, bytes.length, to, ecn, from)) return;
      this.waiting.drop(1);
    }
  }

  /** Read what is there, or a part of it: the rest is told of again. Returns false when the socket cannot be read any more. */
  private readAll(): boolean {
    let faults = 0;
    for (let datagrams = 0; datagrams < READ_BUDGET && !this.closed;) {
      const errno = this.socket.receive();
      if (errno === 0) {
        faults = 0;
        datagrams += this.deliver();
      } else if (errno === Errno.WouldBlock) return true;
      else if (!this.tellUnreachable(errno) && errno !== Errno.Interrupted && ++faults > MAX_FAULTS)
        return false;
      else datagrams++;
    }
    return true;
  }

  /** Pass on the datagrams of the last arrival; returns how many they were. */
  private deliver(): number {
    const { bytes, length, segmentBytes, from, ecn, to } = this.socket.arrival;
    const peer = this.peer ?? from;
    this.known = from;
    let count = 0;
    for (let at = 0; at < length && !this.closed; at += segmentBytes) {
      try {
        this.onDatagram(bytes.subarray(at, Math.min(at + segmentBytes, length)), peer, ecn, to);
      } catch (error) {
        // Those after it are delivered, as if each had come alone.
        throwSoon(error);
      }
      count++;
    }
    return Math.max(count, 1);
  }

  /** Whether the error means that nobody listens at the peer of a connected socket. */
  private tellUnreachable(errno: number): boolean {
    if (!UNREACHABLE.has(errno)) return false;
    const { peer } = this;
    // The caller may be in the middle of sending.
    if (peer !== undefined)
      setImmediate(() => {
        if (!this.closed) this.onUnreachable(peer);
      });
    return true;
  }
}

const ANY: Address = { ip: '', port: 0 };
/** Linux before 6.9 takes no more. */
const MAX_SEGMENTS = 64;
/** What fits into an IPv4 packet with its header and that of UDP. */
const MAX_TRAIN_BYTES = 65_507;
/** Datagrams that are read before other parts of the program run. */
const READ_BUDGET = 256;
/** Errors in a row that are none of the network, after which a socket is taken for dead. */
const MAX_FAULTS = 8;
const MAX_PATHS = 64;
const CLOSE_MS = 100;
const UNREACHABLE: ReadonlySet<number> = new Set([
  Errno.ConnectionRefused,
  Errno.HostUnreachable,
  Errno.NetworkUnreachable,
]);
/** A segment that is longer than the MTU, more segments than the system knows, a device that cannot make checksums. */
const TRAIN_ERRORS: ReadonlySet<number> = new Set([Errno.MessageSize, Errno.Invalid, Errno.Io]);
