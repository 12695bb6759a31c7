import type { DatagramPort } from './datagram-port.ts';
import { canOpenFfiPort, openFfiPort } from './ffi/open-ffi-port.ts';
import { type NodePortOptions, openNodePort } from './node-port.ts';

/** What a UDP socket can be opened through: `node:dgram`, or system calls through `node:ffi` or `bun:ffi`. */
export type UdpKind = 'dgram' | 'ffi';

/** Options of `openUdpPort`. */
export interface UdpPortOptions extends NodePortOptions {
  /** Default: 'ffi' where it works (`canOpenFfiPort`), and 'dgram' elsewhere. */
  readonly kind?: UdpKind | undefined;
}

/**
 * Open the fastest UDP socket of this runtime as a `DatagramPort`, or one of the kind that is asked for. Rejects with the system's error,
 * for example EADDRINUSE, when the address cannot be bound.
 */
export async function openUdpPort({ kind, ...options }: UdpPortOptions = {}): Promise<DatagramPort> {
  if (kind === 'ffi') return openFfiPort(options);
  if (kind === 'dgram' || !canOpenFfiPort()) return openNodePort(options);
  // What one kind of socket refuses, such as a name of an address, the other may take; its error is the one to tell.
  return openFfiPort(options).catch(() => openNodePort(options));
}
