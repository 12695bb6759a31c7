import type { Settings } from '../config/settings.ts';
import type { CloseReason, QuicEvent } from '../events.ts';
import type { Workbench } from './workbench.ts';

/** The services of the context that its connections use; `id` is that of a connection. */
export interface ConnectionSurroundings {
  readonly settings: Settings;
  readonly workbench: Workbench;
  push(event: QuicEvent): void;
  onClosed(id: number, reason: CloseReason): void;
  /** The handshake is complete: a server counts the connection as half-open no longer. */
  onHandshakeComplete(id: number): void;
  /** The time that the caller gave to the current call of the context, microseconds. */
  nowUs(): number;
}
