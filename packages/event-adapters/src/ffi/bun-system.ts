import { BunWatch, type OpenStream } from './bun-watch.ts';
import { type NativeSystem, SOCKET_SIGNATURES, type SocketCalls } from './native-system.ts';
import { PollBell } from './poll-bell.ts';
import { type EpollCalls, PollSet } from './poll-set.ts';

/** The system of this thread of Bun, by bun:ffi; undefined elsewhere, with another C library than glibc, or where it refuses. */
export function loadBunSystem(): NativeSystem | undefined {
  const { Bun } = globalThis as { readonly Bun?: BunRuntime };
  const numbers = SYSTEM_CALLS[process.arch];
  if (Bun === undefined || process.platform !== 'linux' || numbers === undefined) return undefined;
  try {
    // Bundlers look for what is imported, and do not know this module.
    const ffi = process.getBuiltinModule('bun:ffi') as BunFfi | undefined;
    return ffi === undefined ? undefined : bindSystem(ffi, numbers, (fd) => Bun.file(fd).stream());
  } catch {
    // A function is missing, or a sandbox refuses a call.
    return undefined;
  }
}

function bindSystem(
  ffi: BunFfi,
  numbers: Readonly<Record<AioCall, number>>,
  openStream: OpenStream,
): NativeSystem {
  const ofSockets = Object.entries(SOCKET_SIGNATURES).map(
    ([name, { arguments: args, return: returns }]) => [name, { args, returns }] as const,
  );
  const { symbols } = ffi.dlopen('libc.so.6', { ...Object.fromEntries(ofSockets), ...SIGNATURES });
  const calls = symbols as unknown as SocketCalls & EpollCalls & LibcCalls;
  // It stays where it is for the life of the thread.
  const errno = new Int32Array(ffi.toArrayBuffer(calls.__errno_location(), 0, 4));
  const addressOf = (bytes: Uint8Array): bigint => {
    // Memory of a small array moves when its buffer is asked for the first time.
    void bytes.buffer;
    return BigInt(ffi.ptr(bytes));
  };
  const set = new PollSet({ calls, isPacked: process.arch === 'x64', addressOf });
  const bellCalls = {
    eventfd: (count: number, flags: number) => calls.eventfd(count, flags),
    io_setup: (count: number, context: bigint) => calls.syscall(numbers.io_setup, count, context, 0, 0n, 0),
    io_submit: (context: bigint, count: number, list: bigint) =>
      calls.syscall(numbers.io_submit, context, count, Number(list), 0n, 0),
    io_getevents: (context: bigint, count: number, events: bigint) =>
      calls.syscall(numbers.io_getevents, context, 0, count, events, 0),
  };
  let watched: BunWatch;
  try {
    watched = new BunWatch(set, new PollBell({ calls: bellCalls, addressOf }, set.fd), openStream);
  } catch (error) {
    calls.close(set.fd);
    throw error;
  }
  return {
    calls,
    errno: () => errno[0]!,
    addressOf,
    watch: (fd, onReady) => watched.watch(fd, onReady),
    needsTrial: true,
  };
}

type AioCall = 'io_setup' | 'io_submit' | 'io_getevents';
/** Of system calls that the C library has no functions for. */
const SYSTEM_CALLS: Readonly<Record<string, Readonly<Record<AioCall, number>>>> = {
  x64: { io_setup: 206, io_submit: 209, io_getevents: 208 },
  arm64: { io_setup: 0, io_submit: 2, io_getevents: 4 },
};

/** Numbers of 64 bits because that is what `syscall` takes. */
const SIGNATURES: Readonly<Record<string, BunSignature>> = {
  epoll_create1: { args: ['i32'], returns: 'i32' },
  epoll_ctl: { args: ['i32', 'i32', 'i32', 'pointer'], returns: 'i32' },
  epoll_wait: { args: ['i32', 'pointer', 'i32', 'i32'], returns: 'i32' },
  eventfd: { args: ['u32', 'i32'], returns: 'i32' },
  syscall: { args: ['i64', 'i64', 'i64', 'i64', 'i64', 'i64'], returns: 'i32' },
};

interface LibcCalls {
  __errno_location(): number;
  eventfd(count: number, flags: number): number;
  syscall(number: number, ...values: readonly (number | bigint)[]): number;
}

/** The part of Bun's interface that this file uses. */
interface BunRuntime {
  file(fd: number): { stream(): ReadableStream<Uint8Array> };
}

/** The part of the module `bun:ffi` that this file uses. */
interface BunFfi {
  dlopen(
    library: string,
    signatures: Readonly<Record<string, BunSignature>>,
  ): { readonly symbols: Readonly<Record<string, (...values: never) => unknown>> };
  ptr(bytes: Uint8Array): number;
  toArrayBuffer(address: number, offset: number, length: number): ArrayBuffer;
}

interface BunSignature {
  readonly args: readonly string[];
  readonly returns: string;
}
