import { Alert, TlsAlert } from './alerts.ts';
import type { Level } from './events.ts';
import type { Exporter } from './key-schedule.ts';
import { type HandshakeMessage, messageName } from './message/handshake-message.ts';

/** A state of the handshake: takes the next message and returns the state after it. RFC 8446 Appendix A. */
export interface HandshakeState {
  /** The level at which the next message must arrive. */
  readonly level: Level;
  /** Longest body of the next message, bytes. */
  readonly messageLimit: number;
  /** Defined once the handshake is complete. */
  readonly exporter?: Exporter;
  onMessage(message: HandshakeMessage): HandshakeState;
}

/** Waits for the program's verdict on a certificate chain; `next` follows when it accepts. */
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

/** Largest ClientHello, which a server stores for a client whose address is not validated. */
export const CLIENT_HELLO_LIMIT: number = 16 * 1024;
/** Largest other message of a handshake, for certificate chains. */
export const MESSAGE_LIMIT: number = 64 * 1024;
/** Largest NewSessionTicket, the only message that may come after the handshake. */
export const TICKET_LIMIT: number = 16 * 1024;
