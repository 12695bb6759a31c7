import { readFileSync } from 'node:fs';
import type { CommonOptions, TransportOptions } from 'tsquic';
import type { Contract } from './contract.ts';
import type { Records } from './records.ts';

/** Options of both roles. */
export function commonOptions({ manner }: Contract, records: Records): CommonOptions {
  const { alpn = 'hq-interop', cipher, groups, versions } = manner;
  return {
    ALPNProtocols: [alpn],
    versions: versions.split(',').map(Number),
    transport: transportOptions(manner),
    ...(cipher !== undefined && { ciphers: cipher }),
    ...(groups !== undefined && { ecdhCurve: groups }),
    ...records.options,
  };
}

function transportOptions({
  patient,
  datagrams,
  multipath,
  ...manner
}: Contract['manner']): TransportOptions {
  return {
    handshakeTimeoutMs: patient ? PATIENCE_MS : HANDSHAKE_MS,
    // The runner counts what a client says after its 0-RTT packets, and probes of the path's MTU with it.
    ...(manner['early-data'] && { maxUdpPayloadBytes: BASE_MTU }),
    ...(patient && { idleTimeoutMs: PATIENCE_MS }),
    ...(multipath && { maxPaths: 4 }),
    ...(datagrams && { maxDatagramFrameBytes: 65_535 }),
  };
}

/** Where a third of all datagrams is lost, a probe may have to wait for minutes. */
const PATIENCE_MS = 180_000;
/** RFC 9000 §14.1 */
const BASE_MTU = 1200;
/** Half of the time that the runner has for a case. */
const HANDSHAKE_MS = 30_000;

/** A PEM file. */
export function pem(path: string): string {
  return readFileSync(path, 'utf8');
}
