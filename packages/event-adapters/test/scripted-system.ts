import type { NativeSystem, OnReady } from '../src/ffi/native-system.ts';
import type { Readiness } from '../src/ffi/readiness.ts';
import { type PollCalls, type UvLoop, UvReadiness } from '../src/ffi/uv-readiness.ts';

/** A `sendmsg` that the system saw. */
export interface SentMessage {
  readonly fd: number;
  readonly bytes: Uint8Array;
  /** The socket address; empty for that of a connected socket. */
  readonly name: Uint8Array;
  readonly control: Uint8Array;
}

/** What `recvmsg` gives: an error, or bytes with a socket address and control data. */
export type Received =
  | { readonly errno: number }
  | { readonly bytes: Uint8Array; readonly name: Uint8Array; readonly control?: Uint8Array };

/** Plays Linux and libuv: memory by address, system calls that take what a test has laid out. */
export class ScriptedSystem implements NativeSystem, UvLoop {
  readonly needsTrial = false;
  readonly loop = 1n;
  readonly pollHandleBytes = 160;
  /** Calls but those that send, receive and set options, in order. */
  readonly log: string[] = [];
  readonly sent: SentMessage[] = [];
  /** Errors of the next calls of `sendmsg`; 0 lets one through. */
  readonly sendErrors: number[] = [];
  /** The error of every call of `sendmsg` after those. */
  sendError = 0;
  readonly arrivals: Received[] = [];
  /** Bytes of a `sockaddr` that `getsockname` gives: 127.0.0.1 port 7. */
  bound: Uint8Array = Uint8Array.of(2, 0, 0, 7, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
  /** The error of a call by its name. */
  readonly failures: Record<string, number> = {};
  onPoll: (handle: bigint, status: number, events: number) => void = () => {};
  onClosed: (handle: bigint) => void = () => {};
  private readonly memories = new Map<ArrayBufferLike, bigint>();
  private nextAddress = 0x1000n;
  private error = 0;

  errno(): number {
    return this.error;
  }

  addressOf(bytes: Uint8Array): bigint {
    let address = this.memories.get(bytes.buffer);
    if (address === undefined) {
      address = this.nextAddress;
      this.nextAddress += BigInt(bytes.buffer.byteLength + 0x1000);
      this.memories.set(bytes.buffer, address);
    }
    return address + BigInt(bytes.byteOffset);
  }

  watch(fd: number, onReady: OnReady): Readiness {
    return new UvReadiness(this, fd, onReady);
  }

  createPollCallback(task: typeof this.onPoll): bigint {
    this.onPoll = task;
    return 2n;
  }

  createCloseCallback(task: typeof this.onClosed): bigint {
    this.onClosed = task;
    return 3n;
  }

  /** The handle of the socket opened last. */
  handle = 0n;
  readonly calls: NativeSystem['calls'] & PollCalls = {
    socket: () => this.note('socket', 5),
    bind: () => this.note('bind'),
    connect: () => this.note('connect'),
    getsockname: (_fd, address) => {
      this.at(address, this.bound.length).set(this.bound);
      return this.note('getsockname');
    },
    setsockopt: () => (this.failures['setsockopt'] === undefined ? 0 : this.note('setsockopt')),
    sendmsg: (fd, message) => this.send(fd, message),
    recvmsg: (_fd, message) => this.receive(message),
    close: (fd) => this.note(`close ${fd}`),
    uv_poll_init: (_loop, handle) => {
      this.handle = handle;
      return this.note('poll-init');
    },
    uv_poll_start: (_handle, events) => this.note(`poll-start ${events}`),
    uv_poll_stop: () => this.note('poll-stop'),
    uv_ref: () => void this.note('ref'),
    uv_unref: () => void this.note('unref'),
    uv_close: () => void this.note('poll-close'),
  };

  private note(call: string, result = 0): number {
    this.log.push(call);
    const failure = this.failures[call];
    if (failure === undefined) return result;
    this.error = failure;
    return -1;
  }

  private send(fd: number, message: bigint): number {
    this.error = this.sendErrors.shift() ?? this.sendError;
    if (this.error !== 0) return -1;
    const [name, control] = [this.part(message, 0), this.part(message, 32)];
    const bytes = this.part(this.view(message + 16n).getBigUint64(0, true), 0);
    this.sent.push({ fd, bytes, name, control });
    return bytes.length;
  }

  private receive(message: bigint): number {
    const next = this.arrivals.shift() ?? { errno: 11 };
    if ('errno' in next) {
      this.error = next.errno;
      return -1;
    }
    this.fill(message, 0, next.name);
    this.fill(message, 32, next.control ?? new Uint8Array(0));
    const iovec = this.view(message + 16n).getBigUint64(0, true);
    this.at(this.view(iovec).getBigUint64(0, true), next.bytes.length).set(next.bytes);
    return next.bytes.length;
  }

  /** Write what a field of a `msghdr`, an address and a length, points at. */
  private fill(message: bigint, at: number, bytes: Uint8Array): void {
    const field = this.view(message + BigInt(at));
    if (bytes.length > field.getUint32(8, true)) throw new Error('more than there is room for');
    this.at(field.getBigUint64(0, true), bytes.length).set(bytes);
    field.setUint32(8, bytes.length, true);
  }

  /** A copy of what an address and a length point at. */
  private part(structure: bigint, at: number): Uint8Array {
    const field = this.view(structure + BigInt(at));
    const address = field.getBigUint64(0, true);
    return address === 0n ? new Uint8Array(0) : this.at(address, field.getUint32(8, true)).slice();
  }

  private view(address: bigint): DataView {
    const { buffer, byteOffset, length } = this.at(address, 16);
    return new DataView(buffer, byteOffset, length);
  }

  private at(address: bigint, length: number): Uint8Array {
    for (const [buffer, base] of this.memories)
      if (address >= base && address + BigInt(length) <= base + BigInt(buffer.byteLength))
        return new Uint8Array(buffer, Number(address - base), length);
    throw new Error(`no memory of ${length} bytes at ${address}`);
  }
}
