import { Alert, TlsAlert } from './alerts.ts';
import type { Level } from './events.ts';
import type { Exporter } from './key-schedule.ts';
import { type HandshakeMessage, messageName } from './message/handshake-message.ts';

/** A point of the handshake: what may come next and what follows from it. RFC 8446 Appendix A. */
export interface HandshakeState {
  /** Where the next message must arrive. */
  readonly level: Level;
  /** Bytes that the body of the next message may have. */
  readonly messageLimit: number;
  /** Present once the handshake is complete. */
  readonly exporter?: Exporter;
  onMessage(message: HandshakeMessage): HandshakeState;
}

/** The program judges a certificate chain; `next` follows when it approves. */
export class AwaitVerdict implements HandshakeState {
  readonly level: Level;
  readonly messageLimit: number;
  readonly next: HandshakeState;

  constructor(next: HandshakeState) {
    this.level = next.level;
    this.messageLimit = next.messageLimit;
    this.next = next;
  }

  onMessage(): HandshakeState {
    throw new Error('a message was read before the verdict on a certificate');
  }
}

/** Refuse a message of any type but `type`. */
export function expectType(message: HandshakeMessage, type: number): void {
  if (message.type !== type) throw unexpectedMessage(message, messageName(type));
}

/** The alert for a message that may not come now. */
export function unexpectedMessage(message: HandshakeMessage, awaited: string): TlsAlert {
  return new TlsAlert(Alert.UnexpectedMessage, `${messageName(message.type)} came where ${awaited} is due`);
}

/** A ClientHello: what servers let a stranger store. */
export const CLIENT_HELLO_LIMIT: number = 16 * 1024;
/** Certificate chains are the largest messages that a handshake needs. */
export const MESSAGE_LIMIT: number = 64 * 1024;
/** NewSessionTicket, the one message that may come after the handshake. */
export const TICKET_LIMIT: number = 16 * 1024;
