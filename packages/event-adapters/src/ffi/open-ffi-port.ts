import { isMainThread } from 'node:worker_threads';
import type { DatagramPort } from '../datagram-port.ts';
import type { NodePortOptions } from '../node-port.ts';
import { SOCKET_BUFFER_BYTES } from '../socket-buffers.ts';
import { FfiPort } from './ffi-port.ts';
import { loadBunSystem } from './bun-system.ts';
import type { NativeSystem } from './native-system.ts';
import { loadNodeSystem } from './node-system.ts';
import { hearsOn, worksOn } from './self-test.ts';

/**
 * Open a UDP socket through node:ffi or bun:ffi as a `DatagramPort`: it sends and receives trains with one system call, sets and tells ECN marks,
 * and knows the address that a datagram came to. Rejects with the system's error, for example EADDRINUSE, when the address cannot be
 * bound, and where `canOpenFfiPort` returns false.
 */
export async function openFfiPort(options: NodePortOptions = {}): Promise<DatagramPort> {
  await tryHearing();
  const system = usableSystem();
  if (system === undefined)
    throw new Error(
      'openFfiPort needs node:ffi on Linux (Node from 26.9 on, without --permission or with --allow-ffi and --allow-net) or Bun (from 1.4 on) on Linux with glibc, in the main thread; elsewhere there is openNodePort',
    );
  const { connect } = options;
  const isIpv6 = (options.ip ?? connect?.ip ?? '').includes(':');
  return new FfiPort(system, {
    local: { ip: options.ip ?? (isIpv6 ? '::' : '0.0.0.0'), port: options.port ?? 0 },
    connect,
    receiveBufferBytes: options.receiveBufferBytes ?? SOCKET_BUFFER_BYTES,
    sendBufferBytes: options.sendBufferBytes ?? SOCKET_BUFFER_BYTES,
  });
}

/**
 * Whether `openFfiPort` works here: node:ffi or bun:ffi is there, this is the main thread, and a train over loopback came through as it was sent.
 * The first call tries; it prints nothing.
 */
export function canOpenFfiPort(): boolean {
  return usableSystem() !== undefined;
}

let found: { readonly system: NativeSystem | undefined } | undefined;

function usableSystem(): NativeSystem | undefined {
  found ??= { system: isAllowed() ? worksOn(loadNodeSystem() ?? loadBunSystem()) : undefined };
  return found.system;
}

let hearing: Promise<boolean> | undefined;

/** Use the system no more where a trial has shown that its ports do not hear what has come. */
async function tryHearing(): Promise<void> {
  const system = usableSystem();
  if (system?.needsTrial === true && !(await (hearing ??= hearsOn(system)))) found = { system: undefined };
}

/** An open handle of a worker that ends would end the process; and who may not use the network may not use it by another way. */
function isAllowed(): boolean {
  const { permission } = process as unknown as { readonly permission?: { has(scope: string): boolean } };
  return isMainThread && permission?.has('net') !== false;
}
