import type { QuicEvent } from '../events.ts';
import type { Address } from './address.ts';
import type { ConnectionOptions } from './config.ts';
import type { QuicConnection } from './handles.ts';
import type { OutgoingDatagram } from './outgoing-datagram.ts';

/** What a host sees of `QuicContext`. */
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
  /** How many more clients may come in; a context that serves nobody need not have it. */
  clientAllowance?: number;
  nextEvent(): QuicEvent | undefined;
  createConnection(options: ConnectionOptions, nowUs: number): QuicConnection;
  connection(id: number): QuicConnection | undefined;
  notifyUnreachable(to: Address, nowUs: number): void;
  close(code?: number, text?: string): void;
  free(): void;
}
