import { loadNodeFfi, type NodeFfi } from '@tsquic/bytes/node-ffi';

/** System calls of sockets. A negative result means that `errno` tells why; pointers are addresses. */
export interface SocketCalls {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: bigint, length: number): number;
  connect(fd: number, address: bigint, length: number): number;
  getsockname(fd: number, address: bigint, length: bigint): number;
  setsockopt(fd: number, level: number, name: number, value: bigint, length: number): number;
  /** Bytes sent. */
  sendmsg(fd: number, message: bigint, flags: number): number;
  /** Bytes received. */
  recvmsg(fd: number, message: bigint, flags: number): number;
  close(fd: number): number;
}

/** Calls of libuv about a handle that tells when a socket can be read or written. */
export interface PollCalls {
  uv_poll_init(loop: bigint, handle: bigint, fd: number): number;
  uv_poll_start(handle: bigint, events: number, callback: bigint): number;
  uv_poll_stop(handle: bigint): number;
  uv_ref(handle: bigint): void;
  uv_unref(handle: bigint): void;
  uv_close(handle: bigint, callback: bigint): void;
}

/** The functions and the memory of the running program. */
export interface NativeSystem {
  readonly calls: SocketCalls & PollCalls;
  readonly loop: bigint;
  /** Bytes of a `uv_poll_t`. */
  readonly pollHandleBytes: number;
  /** The error of the last call that failed. It must be read before anything else is called. */
  errno(): number;
  /** The address of the first byte. Whoever uses it keeps the bytes. */
  addressOf(bytes: Uint8Array): bigint;
  /** The address of a function `(handle, status, events)`, or `(handle)` for `uv_close`. It must not throw. */
  createPollCallback(task: (handle: bigint, status: number, events: number) => void): bigint;
  createCloseCallback(task: (handle: bigint) => void): bigint;
}

/** The system of this thread, or undefined without node:ffi. */
export function loadNativeSystem(): NativeSystem | undefined {
  const ffi = loadNodeFfi();
  if (ffi === undefined) return undefined;
  try {
    return bindSystem(ffi);
  } catch {
    // A function is missing, or the program may not load any.
    return undefined;
  }
}

function bindSystem(ffi: NodeFfi): NativeSystem {
  const { lib, functions } = ffi.dlopen(null, {
    socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
    bind: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
    connect: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
    getsockname: { arguments: ['i32', 'pointer', 'pointer'], return: 'i32' },
    setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
    sendmsg: { arguments: ['i32', 'pointer', 'i32'], return: 'i32' },
    recvmsg: { arguments: ['i32', 'pointer', 'i32'], return: 'i32' },
    close: { arguments: ['i32'], return: 'i32' },
    uv_handle_size: { arguments: ['i32'], return: 'u32' },
    uv_poll_init: { arguments: ['pointer', 'pointer', 'i32'], return: 'i32' },
    uv_poll_start: { arguments: ['pointer', 'i32', 'pointer'], return: 'i32' },
    uv_poll_stop: { arguments: ['pointer'], return: 'i32' },
    uv_ref: { arguments: ['pointer'], return: 'void' },
    uv_unref: { arguments: ['pointer'], return: 'void' },
    uv_close: { arguments: ['pointer', 'pointer'], return: 'void' },
    __errno_location: { arguments: [], return: 'pointer' },
  });
  const { uv_handle_size: handleSize, __errno_location: errnoLocation } = functions as unknown as {
    uv_handle_size(type: number): number;
    __errno_location(): bigint;
  };
  // It stays where it is for the life of the thread.
  const errno = new Int32Array(ffi.toArrayBuffer(errnoLocation(), 4, false));
  return {
    calls: functions as unknown as SocketCalls & PollCalls,
    loop: ffi.getCurrentEventLoop(),
    pollHandleBytes: handleSize(UV_POLL),
    errno: () => errno[0]!,
    addressOf: (bytes) => ffi.getRawPointer(bytes),
    createPollCallback: (task) =>
      lib.registerCallback({ arguments: ['pointer', 'i32', 'i32'], return: 'void' }, task as never),
    createCloseCallback: (task) =>
      lib.registerCallback({ arguments: ['pointer'], return: 'void' }, task as never),
  };
}

/** Of `uv_handle_type`, which keeps its numbers. */
const UV_POLL = 8;
