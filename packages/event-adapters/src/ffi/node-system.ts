import { loadNodeFfi, type NodeFfi } from '@tsquic/bytes/node-ffi';
import { type NativeSystem, SOCKET_SIGNATURES, type SocketCalls } from './native-system.ts';
import { type PollCalls, type UvLoop, UvReadiness } from './uv-readiness.ts';

/** The system of this thread of Node, or undefined without node:ffi. */
export function loadNodeSystem(): NativeSystem | undefined {
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
    ...SOCKET_SIGNATURES,
    uv_handle_size: { arguments: ['i32'], return: 'u32' },
    uv_poll_init: { arguments: ['pointer', 'pointer', 'i32'], return: 'i32' },
    uv_poll_start: { arguments: ['pointer', 'i32', 'pointer'], return: 'i32' },
    uv_poll_stop: { arguments: ['pointer'], return: 'i32' },
    uv_ref: { arguments: ['pointer'], return: 'void' },
    uv_unref: { arguments: ['pointer'], return: 'void' },
    uv_close: { arguments: ['pointer', 'pointer'], return: 'void' },
  });
  const { uv_handle_size: handleSize, __errno_location: errnoLocation } = functions as unknown as {
    uv_handle_size(type: number): number;
    __errno_location(): bigint;
  };
  // It stays where it is for the life of the thread.
  const errno = new Int32Array(ffi.toArrayBuffer(errnoLocation(), 4, false));
  const addressOf = (bytes: Uint8Array): bigint => ffi.getRawPointer(bytes);
  const uv: UvLoop = {
    calls: functions as unknown as PollCalls,
    loop: ffi.getCurrentEventLoop(),
    pollHandleBytes: handleSize(UV_POLL),
    addressOf,
    createPollCallback: (task) =>
      lib.registerCallback({ arguments: ['pointer', 'i32', 'i32'], return: 'void' }, task as never),
    createCloseCallback: (task) =>
      lib.registerCallback({ arguments: ['pointer'], return: 'void' }, task as never),
  };
  return {
    calls: functions as unknown as SocketCalls,
    errno: () => errno[0]!,
    addressOf,
    watch: (fd, onReady) => new UvReadiness(uv, fd, onReady),
    needsTrial: false,
  };
}

/** Of `uv_handle_type`, which keeps its numbers. */
const UV_POLL = 8;
