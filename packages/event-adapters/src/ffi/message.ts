import type { NativeSystem } from './native-system.ts';
import { AF_INET, SOCKET_ADDRESS_BYTES } from './socket-address.ts';

/** What control data say about a datagram, or about all datagrams of a train. */
export interface ControlFields {
  /** Bytes of each datagram of a train but the last; 0 for a single datagram. */
  segmentBytes: number;
  /** RFC 3168 §5: 0 none, 1 ECT(1), 2 ECT(0), 3 CE. */
  ecn: number;
  /** The IP address that a datagram came to, which is empty where the system does not tell. */
  to: Uint8Array;
}

/**
 * A `msghdr` with its `iovec`, its address and its control data (Linux, 64 bits, little-endian), in memory of its own that the
 * system reads and writes. The memory stays as long as this object.
 */
export class Message {
  /** Where the system finds it. */
  readonly pointer: bigint;
  /** The whole memory; the socket address is at `NAME_AT`. */
  readonly view: DataView;
  private readonly memory: Uint8Array;
  private readonly fields: ControlFields = { segmentBytes: 0, ecn: 0, to: NO_IP };
  private readonly base: bigint;

  constructor(system: NativeSystem) {
    this.memory = new Uint8Array(new ArrayBuffer(MESSAGE_BYTES));
    this.view = new DataView(this.memory.buffer);
    this.base = this.pointer = system.addressOf(this.memory);
    this.view.setBigUint64(IOV, this.base + BigInt(IOVEC_AT), true);
    this.view.setBigUint64(IOV_COUNT, 1n, true);
    this.view.setBigUint64(CONTROL, this.base + BigInt(CONTROL_AT), true);
  }

  /** Let it carry, or take, `length` bytes at this address. */
  setPayload(address: bigint, length: number): void {
    this.view.setBigUint64(IOVEC_AT, address, true);
    this.view.setUint32(IOVEC_AT + 8, length, true);
  }

  /** The socket address at `NAME_AT` has so many bytes; 0 for the peer of a connected socket. */
  setNameLength(length: number): void {
    this.view.setBigUint64(NAME, length === 0 ? 0n : this.base + BigInt(NAME_AT), true);
    this.view.setUint32(NAME_LENGTH, length, true);
  }

  /** Room for an address and for all control data. Before each call that receives. */
  clear(): void {
    this.view.setUint32(NAME_LENGTH, SOCKET_ADDRESS_BYTES, true);
    this.view.setUint32(CONTROL_LENGTH, CONTROL_BYTES, true);
  }

  /**
   * Write control data for sending. `family` is that of the datagram's path: an IPv4 path over an IPv6 socket takes options of IPv4.
   * `from` is the IP address that it leaves from; empty for the system's choice.
   */
  writeControl(family: number, segmentBytes: number, ecn: number, from: Uint8Array): void {
    const { view } = this;
    const isIpv4 = family === AF_INET;
    let at = CONTROL_AT;
    if (segmentBytes > 0) {
      view.setUint16(this.writeHeader(at, 2, SOL_UDP, UDP_SEGMENT), segmentBytes, true);
      at += 24;
    }
    if (ecn > 0) {
      const dataAt = isIpv4
        ? this.writeHeader(at, 4, IPPROTO_IP, IP_TOS)
        : this.writeHeader(at, 4, IPPROTO_IPV6, IPV6_TCLASS);
      view.setInt32(dataAt, ecn, true);
      at += 24;
    }
    if (from.length > 0) {
      // The interface stays open (0): the routing table knows it.
      const dataAt = isIpv4
        ? this.writeHeader(at, 12, IPPROTO_IP, IP_PKTINFO)
        : this.writeHeader(at, 20, IPPROTO_IPV6, IPV6_PKTINFO);
      for (let i = 0; i < 20; i++) view.setUint8(dataAt + i, 0);
      this.memory.set(from, isIpv4 ? dataAt + 4 : dataAt);
      at += isIpv4 ? 32 : 40;
    }
    view.setUint32(CONTROL_LENGTH, at - CONTROL_AT, true);
  }

  /** What the system said about what it received. The object is the same at every call. */
  readControl(): ControlFields {
    const { view, fields } = this;
    fields.segmentBytes = fields.ecn = 0;
    fields.to = NO_IP;
    const end = CONTROL_AT + Math.min(view.getUint32(CONTROL_LENGTH, true), CONTROL_BYTES);
    for (let at = CONTROL_AT; at + HEADER_BYTES <= end;) {
      const length = view.getUint32(at, true);
      if (length < HEADER_BYTES) break;
      this.readField(view.getInt32(at + 8, true), view.getInt32(at + 12, true), at + HEADER_BYTES);
      at += (length + 7) & ~7;
    }
    return fields;
  }

  private readField(level: number, type: number, at: number): void {
    const { view, fields, memory } = this;
    if (level === SOL_UDP && type === UDP_GRO) fields.segmentBytes = view.getInt32(at, true);
    else if (level === IPPROTO_IP && type === IP_TOS) fields.ecn = view.getUint8(at) & 3;
    else if (level === IPPROTO_IPV6 && type === IPV6_TCLASS) fields.ecn = view.getInt32(at, true) & 3;
    else if (level === IPPROTO_IP && type === IP_PKTINFO) fields.to = memory.subarray(at + 8, at + 12);
    else if (level === IPPROTO_IPV6 && type === IPV6_PKTINFO) fields.to = memory.subarray(at, at + 16);
  }

  /** Write a `cmsghdr`; returns where its data begin. */
  private writeHeader(at: number, dataBytes: number, level: number, type: number): number {
    this.view.setBigUint64(at, BigInt(HEADER_BYTES + dataBytes), true);
    this.view.setInt32(at + 8, level, true);
    this.view.setInt32(at + 12, type, true);
    return at + HEADER_BYTES;
  }
}

/** Protocols, whose numbers are those of option levels as well. */
export const IPPROTO_IP = 0;
export const SOL_UDP = 17;
export const IPPROTO_IPV6 = 41;
/** Options of which there is control data, by the same number. */
const UDP_SEGMENT = 103;
export const UDP_GRO = 104;
const IP_TOS = 1;
export const IP_PKTINFO = 8;
const IPV6_TCLASS = 67;
const IPV6_PKTINFO = 50;

/** Offsets in `msghdr`. */
const NAME = 0;
const NAME_LENGTH = 8;
const IOV = 16;
const IOV_COUNT = 24;
const CONTROL = 32;
const CONTROL_LENGTH = 40;
/** Offsets in the memory of a message. */
const IOVEC_AT = 56;
export const NAME_AT = 72;
const CONTROL_AT = 104;
const CONTROL_BYTES = 152;
const MESSAGE_BYTES = CONTROL_AT + CONTROL_BYTES;
/** Bytes of a `cmsghdr`. */
const HEADER_BYTES = 16;
const NO_IP = new Uint8Array(0);
