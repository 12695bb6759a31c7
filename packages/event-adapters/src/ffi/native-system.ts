import type { NativeSignature } from '@tsquic/bytes/node-ffi';
import type { Readiness } from './readiness.ts';

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

/** The calls and where `errno` lies, for `dlopen`. */
export const SOCKET_SIGNATURES: Readonly<Record<string, NativeSignature>> = {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  bind: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
  connect: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
  getsockname: { arguments: ['i32', 'pointer', 'pointer'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
  sendmsg: { arguments: ['i32', 'pointer', 'i32'], return: 'i32' },
  recvmsg: { arguments: ['i32', 'pointer', 'i32'], return: 'i32' },
  close: { arguments: ['i32'], return: 'i32' },
  __errno_location: { arguments: [], return: 'pointer' },
};

/** The functions and the memory of the running program. */
export interface NativeSystem {
  readonly calls: SocketCalls;
  /** The error of the last call that failed. It must be read before anything else is called. */
  errno(): number;
  /** The address of the first byte. Whoever uses it keeps the bytes. */
  addressOf(bytes: Uint8Array): bigint;
  /**
   * Watch a socket, once the result is started. `onReady` hears of `Ready` bits, or of a negative status: an error waits in the
   * socket, and the watching has stopped. Throws where the system refuses.
   */
  watch(fd: number, onReady: OnReady): Readiness;
  /** Whether watching must be seen to work before it is relied on. */
  readonly needsTrial: boolean;
}

/** See `NativeSystem.watch`. */
export type OnReady = (status: number, events: number) => void;
