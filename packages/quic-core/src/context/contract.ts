import type { QuicEvent } from '../events.ts';
import type { Address } from '../path/address.ts';
import type { ConnectionOptions, QuicContextOptions } from '../config/config.ts';
import type { ClientLimitOptions } from '../config/client-limits.ts';
import type { SealingKeys } from '../config/sealing-keys.ts';
import type { QuicConnection } from './handles.ts';
import type { OutgoingDatagram } from '../connection/outgoing-datagram.ts';

/** The part of `QuicContext` that a host uses. */
export interface QuicHostContext {
  incomingPacket(
    bytes: Uint8Array,
    from: Address,
    to: Address,
    interfaceIndex: number,
    ecn: number,
    nowUs: number,
  ): void;
  prepareNextPacket(out: OutgoingDatagram, nowUs: number): number;
  nextWakeDelay(nowUs: number, maxUs: number): number;
  nextWakeTime(): number;
  /** How many more clients are accepted; a context without clients need not have it. */
  clientAllowance?: number;
  nextEvent(): QuicEvent | undefined;
  createConnection(options: ConnectionOptions, nowUs: number): QuicConnection;
  connection(id: number): QuicConnection | undefined;
  notifyUnreachable(to: Address, nowUs: number, from?: Address): void;
  /** A context whose configuration never changes need not have these. */
  setIdentity?(identity: NonNullable<QuicContextOptions['identity']>): void;
  rotateKeys?(keys?: SealingKeys): void;
  setLimits?(limits: ClientLimitOptions): void;
  renewConnectionIds?(): void;
  close(code?: number, text?: string): void;
  free(): void;
}
