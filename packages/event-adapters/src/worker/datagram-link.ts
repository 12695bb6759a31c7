import type { MessagePort } from 'node:worker_threads';
import type { Address } from '@tsquic/quic-core';
import { RemoteAddresses } from '../remote-addresses.ts';
import { SharedRing } from './shared-ring.ts';

/** One end of a link, as it is passed to a thread: `port` goes into the list of what is transferred. */
export interface LinkEnd {
  readonly port: MessagePort;
  readonly outgoing: SharedArrayBuffer;
  readonly incoming: SharedArrayBuffer;
  /** Flags of both ends. */
  readonly flags: SharedArrayBuffer;
  /** 0 or 1. */
  readonly side: number;
}

/** Is called with a datagram that the other thread passed on. `bytes` are valid during the call only. */
export type LinkedDatagram = (
  bytes: Uint8Array,
  remote: Address,
  ecn: number,
  local: Address,
  interfaceIndex: number,
) => void;

/**
 * Both ends of a link.
 *
 * @param channel - a new `MessageChannel`.
 * @param ringBytes - what each direction holds: a power of two. What does not fit is lost, as in a socket's buffer.
 */
export function createLinkEnds(
  channel: { readonly port1: MessagePort; readonly port2: MessagePort },
  ringBytes: number,
): readonly [LinkEnd, LinkEnd] {
  const [there, back] = [new SharedRing(ringBytes).memory, new SharedRing(ringBytes).memory];
  const flags = new SharedArrayBuffer(4 * FLAGS);
  return [
    { port: channel.port1, outgoing: there, incoming: back, flags, side: 0 },
    { port: channel.port2, outgoing: back, incoming: there, flags, side: 1 },
  ];
}

/**
 * Passes datagrams between two threads, in shared memory: neither waits for the other, and many datagrams cost one
 * message. Addresses keep their objects.
 */
export class DatagramLink {
  /** The other end has made room after `hasRoom` was false. */
  onRoom: () => void = () => {};
  onDatagram: LinkedDatagram = () => {};
  /** Whether datagrams can be delivered now; call `deliver` when it becomes true. */
  canDeliver: () => boolean = () => true;

  private readonly port: MessagePort;
  private readonly outgoing: SharedRing;
  private readonly incoming: SharedRing;
  private readonly flags: Int32Array;
  private readonly side: number;
  private readonly addresses: RemoteAddresses = new RemoteAddresses();
  private readonly locals: RemoteAddresses = new RemoteAddresses();
  private readonly head: Uint8Array = new Uint8Array(MAX_HEAD);
  private readonly record: Uint8Array = new Uint8Array(MAX_RECORD);
  private readonly lengthBytes: Uint8Array = new Uint8Array(LENGTH_BYTES);
  /** Length of the record whose rest has not arrived, or 0. */
  private awaited = 0;
  private isDelivering = false;
  /** `hasRoom` was false, and `onRoom` was not called since. */
  private isStarved = false;
  private closed = false;

  constructor({ port, outgoing, incoming, flags, side }: LinkEnd) {
    this.port = port;
    this.outgoing = new SharedRing(outgoing);
    this.incoming = new SharedRing(incoming);
    this.flags = new Int32Array(flags);
    this.side = side;
    port.on('message', () => this.onMessage());
  }

  /** Whether a batch of datagrams fits. When it is false, `onRoom` is called later. */
  get hasRoom(): boolean {
    if (this.outgoing.free >= BATCH_BYTES) return true;
    this.isStarved = true;
    Atomics.store(this.flags, STARVED + this.side, 1);
    // The other end may have made room just before.
    return this.outgoing.free >= BATCH_BYTES;
  }

  /** Pass `bytes[start, end)` on. When there is no room, the datagram is lost. */
  send(
    bytes: Uint8Array,
    start: number,
    end: number,
    remote: Address,
    ecn: number,
    local: Address,
    interfaceIndex: number,
  ): void {
    const { head, outgoing } = this;
    let at = LENGTH_BYTES;
    head[at++] = ecn & 3;
    head[at++] = interfaceIndex >>> 8;
    head[at++] = interfaceIndex;
    at = writeAddress(head, at, remote);
    at = writeAddress(head, at, local);
    const length = at + end - start;
    if (this.closed || length > MAX_RECORD || outgoing.free < length) return;
    head[0] = length >>> 16;
    head[1] = length >>> 8;
    head[2] = length;
    outgoing.write(head.subarray(0, at));
    outgoing.write(bytes.subarray(start, end));
    if (Atomics.exchange(this.flags, RAISED + this.side, 1) === 0) this.wakeOther();
  }

  /** Deliver what has arrived. */
  deliver(): void {
    if (this.closed || this.isDelivering) return;
    this.isDelivering = true;
    let isDone = false;
    try {
      for (let count = 0; this.canDeliver() && this.next(); count++) {
        if (count < DELIVERY_BATCH) continue;
        // Other work has its turn.
        setImmediate(() => this.deliver());
        break;
      }
      isDone = true;
    } finally {
      this.isDelivering = false;
      // A handler threw: the rest comes in a turn of its own.
      if (!isDone) setImmediate(() => this.deliver());
    }
    const other = 1 - this.side;
    if (this.incoming.free >= 2 * BATCH_BYTES && Atomics.exchange(this.flags, STARVED + other, 0) === 1)
      this.wakeOther();
  }

  /** Whether the link keeps its thread running. */
  ref(): void {
    this.port.ref();
  }

  unref(): void {
    this.port.unref();
  }

  close(): void {
    this.closed = true;
    this.port.close();
  }

  private onMessage(): void {
    Atomics.store(this.flags, RAISED + 1 - this.side, 0);
    this.deliver();
    if (this.closed || !this.isStarved || Atomics.load(this.flags, STARVED + this.side) === 1) return;
    this.isStarved = false;
    this.onRoom();
  }

  /** Deliver one datagram, if one is complete. */
  private next(): boolean {
    const { incoming, lengthBytes, record } = this;
    if (this.awaited === 0) {
      if (incoming.length < LENGTH_BYTES) return false;
      incoming.read(lengthBytes);
      this.awaited = ((lengthBytes[0]! << 16) | (lengthBytes[1]! << 8) | lengthBytes[2]!) - LENGTH_BYTES;
    }
    const length = this.awaited;
    if (incoming.length < length) return false;
    incoming.read(record.subarray(0, length));
    this.awaited = 0;
    const localAt = ADDRESSES_AT + addressLength(record, ADDRESSES_AT);
    const bytesAt = localAt + addressLength(record, localAt);
    this.onDatagram(
      record.subarray(bytesAt, length),
      readAddress(record, ADDRESSES_AT, this.addresses),
      record[0]!,
      readAddress(record, localAt, this.locals),
      (record[1]! << 8) | record[2]!,
    );
    return !this.closed;
  }

  private wakeOther(): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    if (!this.closed) this.port.postMessage(null);
  }
}

/** The port in two bytes, the length of the text in one, and the text, which is ASCII. */
function writeAddress(into: Uint8Array, at: number, { ip, port }: Address): number {
  const length = Math.min(ip.length, MAX_IP);
  into[at] = port >>> 8;
  into[at + 1] = port;
  into[at + 2] = length;
  for (let i = 0; i < length; i++) into[at + 3 + i] = ip.charCodeAt(i);
  return at + 3 + length;
}

function addressLength(record: Uint8Array, at: number): number {
  return 3 + record[at + 2]!;
}

function readAddress(record: Uint8Array, at: number, known: RemoteAddresses): Address {
  let ip = '';
  const end = at + addressLength(record, at);
  for (let i = at + 3; i < end; i++) ip += String.fromCharCode(record[i]!);
  return known.intern(ip, (record[at]! << 8) | record[at + 1]!);
}

/** Room that a turn of `QuicLoop` needs: 64 datagrams of 1500 bytes, with their addresses. */
const BATCH_BYTES = 128 * 1024;
const LENGTH_BYTES = 3;
/** After the length: ECN bits and interface index. */
const ADDRESSES_AT = 3;
/** An IPv6 address with an interface's name. */
const MAX_IP = 64;
const MAX_HEAD = LENGTH_BYTES + ADDRESSES_AT + 2 * (3 + MAX_IP);
const MAX_RECORD = MAX_HEAD + 65_535;
const DELIVERY_BATCH = 256;
/** Indexes of flags, each of one side: it has sent a message that was not heard; it waits for room. */
const RAISED = 0;
const STARVED = 2;
const FLAGS = 4;
