import { Level } from '../events.ts';
import type { Exporter } from '../key-schedule.ts';
import type { HandshakeMessage } from '../message/handshake-message.ts';
import { type HandshakeState, TICKET_LIMIT, unexpectedMessage } from '../state.ts';

/** The handshake is complete; a client sends no more handshake messages. RFC 9001 §4.4, §6 */
export class Connected implements HandshakeState {
  readonly level: Level = Level.Application;
  readonly messageLimit: number = TICKET_LIMIT;
  readonly exporter: Exporter;

  constructor(exporter: Exporter) {
    this.exporter = exporter;
  }

  onMessage(message: HandshakeMessage): HandshakeState {
    throw unexpectedMessage(message, 'nothing more');
  }
}
