import { getSystemErrorName } from 'node:util';
import type { Address } from '@tsquic/quic-core';
import { bytesOfIp } from '@tsquic/quic-core/wire';
import { IP_PKTINFO, IPPROTO_IP, IPPROTO_IPV6, Message, NAME_AT, SOL_UDP, UDP_GRO } from './message.ts';
import type { NativeSystem } from './native-system.ts';
import {
  AF_INET,
  AF_INET6,
  isMapped,
  SOCKET_ADDRESS_BYTES,
  SocketAddresses,
  writeSocketAddress,
} from './socket-address.ts';

/** Errors of Linux that sockets give. */
export const Errno = {
  Interrupted: 4,
  Io: 5,
  WouldBlock: 11,
  Invalid: 22,
  MessageSize: 90,
  NetworkUnreachable: 101,
  NoBuffers: 105,
  ConnectionRefused: 111,
  HostUnreachable: 113,
} as const;

/** What `UdpSocket.open` needs. */
export interface UdpSocketOptions {
  readonly local: Address;
  readonly connect?: Address | undefined;
  readonly receiveBufferBytes: number;
  readonly sendBufferBytes: number;
}

/** What was received last: a datagram, or a train of datagrams of one peer. */
export interface Arrival {
  /** Memory of all sockets, until the next call. */
  readonly bytes: Uint8Array;
  length: number;
  /** Bytes of each datagram but the last. */
  segmentBytes: number;
  from: Address;
  ecn: number;
  /** Undefined where the socket is bound to one address. */
  to: Address | undefined;
}

/** A UDP socket without a reader: every call does one system call, and gives its error as a number. */
export class UdpSocket {
  readonly fd: number;
  readonly local: Address;
  readonly arrival: Arrival;
  private readonly system: NativeSystem;
  private readonly memory: SharedMemory;
  private readonly family: number;
  private readonly isConnected: boolean;
  private readonly isWildcard: boolean;
  private target: Address | undefined = undefined;
  private targetIsIpv4 = false;
  private isOpen = true;

  /**
   * Open, bind and connect a socket. Throws an error as those of `node:dgram`, with `code`, when the system refuses.
   */
  static open(system: NativeSystem, options: UdpSocketOptions): UdpSocket {
    const { local, connect } = options;
    const family = local.ip.includes(':') ? AF_INET6 : AF_INET;
    const fd = system.calls.socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) throw systemError('socket', system.errno(), local);
    try {
      const memory = sharedMemory(system);
      setOptions(system, memory, fd, family, options);
      memory.name('bind', local, family, (at, length) => system.calls.bind(fd, at, length));
      if (connect !== undefined)
        memory.name('connect', connect, family, (at, length) => system.calls.connect(fd, at, length));
      return new UdpSocket(system, memory, fd, family, connect !== undefined, local);
    } catch (error) {
      system.calls.close(fd);
      throw error;
    }
  }

  private constructor(
    system: NativeSystem,
    memory: SharedMemory,
    fd: number,
    family: number,
    isConnected: boolean,
    wanted: Address,
  ) {
    this.system = system;
    this.memory = memory;
    this.fd = fd;
    this.family = family;
    this.isConnected = isConnected;
    this.local = memory.localOf(fd, wanted);
    this.isWildcard = isWildcard(this.local);
    const { slab: bytes } = memory;
    this.arrival = { bytes, length: 0, segmentBytes: 0, from: this.local, ecn: 0, to: undefined };
  }

  /**
   * Send `bytes[start, end)` as datagrams of `segmentBytes`, the last of which may be shorter; a connected socket sends to its peer.
   * Returns 0, or the error. EINVAL for an address that the socket cannot reach.
   */
  send(
    bytes: Uint8Array,
    start: number,
    end: number,
    segmentBytes: number,
    to: Address,
    ecn: number,
    from: Address,
  ): number {
    // Memory that was transferred away has no length, and its address may be that of something else.
    if (!this.isOpen || start < 0 || start > end || end > bytes.length) return Errno.Invalid;
    const { system, memory } = this;
    const { output } = memory;
    if (this.isConnected) output.setNameLength(0);
    else if (!this.aim(to)) return Errno.Invalid;
    output.setPayload(memory.addressOf(bytes) + BigInt(start), end - start);
    const isIpv4 = this.family === AF_INET || this.targetIsIpv4;
    const source = this.isWildcard && from.port !== 0 ? sourceOf(from, isIpv4) : NO_IP;
    output.writeControl(
      isIpv4 ? AF_INET : AF_INET6,
      end - start > segmentBytes ? segmentBytes : 0,
      ecn,
      source,
    );
    return system.calls.sendmsg(this.fd, output.pointer, MSG_DONTWAIT) < 0 ? system.errno() : 0;
  }

  /** Receive into `arrival`. Returns 0, or the error: EAGAIN when there is nothing. */
  receive(): number {
    if (!this.isOpen) return Errno.WouldBlock;
    const { system, memory, arrival } = this;
    const { input } = memory;
    input.clear();
    const length = system.calls.recvmsg(this.fd, input.pointer, MSG_DONTWAIT);
    if (length < 0) return system.errno();
    const { segmentBytes, ecn, to } = input.readControl();
    arrival.length = length;
    arrival.segmentBytes = segmentBytes === 0 ? length : segmentBytes;
    arrival.ecn = ecn;
    arrival.from = memory.addresses.read(input.view, NAME_AT);
    arrival.to = to.length === 0 ? undefined : memory.addresses.of(to, this.local.port);
    return 0;
  }

  /** Close the socket. Nothing is sent or received afterwards, so that no other socket with its number is touched. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.system.calls.close(this.fd);
  }

  /** Put the address into the outgoing message; returns false for one of another family. */
  private aim(to: Address): boolean {
    const { output } = this.memory;
    if (this.memory.aimedBy !== this || this.target !== to) {
      const length = to.port === 0 ? 0 : writeSocketAddress(output.view, NAME_AT, to, this.family);
      this.memory.aimedBy = length === 0 ? undefined : this;
      if (length === 0) return false;
      this.target = to;
      this.targetIsIpv4 = this.family === AF_INET || isMapped(bytesOfIp(to.ip) ?? NO_IP);
    }
    output.setNameLength(this.family === AF_INET ? 16 : SOCKET_ADDRESS_BYTES);
    return true;
  }
}

/** Messages and buffers that all sockets of the thread use in turn: no call outlasts the one that made it. */
class SharedMemory {
  readonly output: Message;
  readonly input: Message;
  /** Room for the longest train. */
  readonly slab: Uint8Array = new Uint8Array(new ArrayBuffer(65_536));
  readonly addresses: SocketAddresses = new SocketAddresses();
  /** The socket whose target lies in the outgoing message. */
  aimedBy: UdpSocket | undefined = undefined;
  private readonly system: NativeSystem;
  /** An address does not keep the memory: these fields do. */
  private known: Uint8Array = new Uint8Array(new ArrayBuffer(8));
  private knownAddress: bigint;
  /** An option's value, or the length of an address. */
  private readonly word: Uint8Array = new Uint8Array(new ArrayBuffer(8));
  private readonly wordAddress: bigint;

  constructor(system: NativeSystem) {
    this.system = system;
    this.output = new Message(system);
    this.input = new Message(system);
    this.input.setPayload(system.addressOf(this.slab), this.slab.length);
    this.input.setNameLength(SOCKET_ADDRESS_BYTES);
    this.knownAddress = system.addressOf(this.known);
    this.wordAddress = system.addressOf(this.word);
  }

  /** The address of bytes, which stay here until those of others are asked for. */
  addressOf(bytes: Uint8Array): bigint {
    if (bytes === this.known) return this.knownAddress;
    this.knownAddress = this.system.addressOf(bytes);
    this.known = bytes;
    return this.knownAddress;
  }

  /** Set an option; returns whether the system took it. */
  setOption(fd: number, [level, name, value]: SocketOption): boolean {
    new DataView(this.word.buffer).setInt32(0, value, true);
    return this.system.calls.setsockopt(fd, level, name, this.wordAddress, 4) === 0;
  }

  /** Call with an address. Throws what the system says. */
  name(call: string, address: Address, family: number, run: (at: bigint, length: number) => number): void {
    const { input, system } = this;
    const length = writeSocketAddress(input.view, NAME_AT, address, family);
    if (length === 0) throw systemError(call, Errno.Invalid, address);
    if (run(input.pointer + BigInt(NAME_AT), length) < 0) throw systemError(call, system.errno(), address);
  }

  /** Where a socket is bound. */
  localOf(fd: number, wanted: Address): Address {
    const { input, system } = this;
    new DataView(this.word.buffer).setInt32(0, SOCKET_ADDRESS_BYTES, true);
    if (system.calls.getsockname(fd, input.pointer + BigInt(NAME_AT), this.wordAddress) < 0)
      throw systemError('getsockname', system.errno(), wanted);
    return { ...this.addresses.read(input.view, NAME_AT) };
  }
}

const memories = new WeakMap<NativeSystem, SharedMemory>();

function sharedMemory(system: NativeSystem): SharedMemory {
  const memory = memories.get(system) ?? new SharedMemory(system);
  memories.set(system, memory);
  return memory;
}

/** Throws where the system does not know trains, for which alone this socket is worth its while. */
function setOptions(
  system: NativeSystem,
  memory: SharedMemory,
  fd: number,
  family: number,
  { local, connect, receiveBufferBytes, sendBufferBytes }: UdpSocketOptions,
): void {
  if (!memory.setOption(fd, [SOL_UDP, UDP_GRO, 1])) throw systemError('setsockopt', system.errno(), local);
  // A system that allows less takes as much as it allows.
  memory.setOption(fd, [SOL_SOCKET, SO_RCVBUF, receiveBufferBytes]);
  memory.setOption(fd, [SOL_SOCKET, SO_SNDBUF, sendBufferBytes]);
  for (const option of IPV4_OPTIONS) memory.setOption(fd, option);
  if (family === AF_INET6) for (const option of IPV6_OPTIONS) memory.setOption(fd, option);
  // A socket that is bound to one address, or sends to one, has one of its own. IPv4 reaches sockets of IPv6 as well.
  if (connect === undefined && isWildcard(local))
    for (const option of LOCAL_ADDRESS) memory.setOption(fd, option);
}

function isWildcard({ ip }: Address): boolean {
  return bytesOfIp(ip)?.every((byte) => byte === 0) === true;
}

function sourceOf(from: Address, isIpv4: boolean): Uint8Array {
  const bytes = bytesOfIp(from.ip.split('%')[0]!) ?? NO_IP;
  const source = isIpv4 && isMapped(bytes) ? bytes.subarray(12) : bytes;
  const isOther = source.length !== (isIpv4 ? 4 : 16) || source.every((byte) => byte === 0);
  return isOther ? NO_IP : source;
}

function systemError(syscall: string, errno: number, { ip: address, port }: Address): Error {
  const code = getSystemErrorName(-errno);
  const error = new Error(`${syscall} ${code} ${address}:${port}`);
  return Object.assign(error, { errno: -errno, code, syscall, address, port });
}

const NO_IP = new Uint8Array(0);
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
type SocketOption = readonly [level: number, name: number, value: number];
/** Tell marks, and never fragment: probes of a path's MTU would all arrive otherwise. RFC 9000 §14 */
const IPV4_OPTIONS: readonly SocketOption[] = [
  [IPPROTO_IP, 13 /* IP_RECVTOS */, 1],
  [IPPROTO_IP, 10 /* IP_MTU_DISCOVER */, 3 /* IP_PMTUDISC_PROBE */],
];
const IPV6_OPTIONS: readonly SocketOption[] = [
  [IPPROTO_IPV6, 66 /* IPV6_RECVTCLASS */, 1],
  [IPPROTO_IPV6, 23 /* IPV6_MTU_DISCOVER */, 3 /* IPV6_PMTUDISC_PROBE */],
];
/** Tell the address that a datagram came to. */
const LOCAL_ADDRESS: readonly SocketOption[] = [
  [IPPROTO_IP, IP_PKTINFO, 1],
  [IPPROTO_IPV6, 49 /* IPV6_RECVPKTINFO */, 1],
];
