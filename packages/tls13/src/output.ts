import { toHex } from '@tsquic/bytes';
import type { CipherSuite } from '@tsquic/crypto';
import type { Level, TlsEvent } from './events.ts';

/** The events that wait to be taken, in order. */
export class Output {
  private events: TlsEvent[] = [];
  private readonly keyLog: boolean;

  /** @param keyLog - whether `logSecret` has an effect. */
  constructor(keyLog: boolean) {
    this.keyLog = keyLog;
  }

  push(event: TlsEvent): void {
    this.events.push(event);
  }

  next(): TlsEvent | undefined {
    const event = this.events.shift();
    // A new array, because one that was emptied by `shift` keeps its memory.
    if (this.events.length === 0) this.events = [];
    return event;
  }

  send(level: Level, bytes: Uint8Array): void {
    this.events.push({ type: 'send', level, bytes });
  }

  keys(level: Level, direction: 'read' | 'write', suite: CipherSuite, secret: Uint8Array): void {
    this.events.push({ type: 'keys', level, direction, suite, secret });
  }

  /** Emit a line of the NSS key log format: label, client random, secret. */
  logSecret(label: KeyLogLabel, clientRandom: Uint8Array, secret: Uint8Array): void {
    if (!this.keyLog) return;
    this.events.push({ type: 'key-log', line: `${label} ${toHex(clientRandom)} ${toHex(secret)}` });
  }
}

export type KeyLogLabel =
  | 'CLIENT_EARLY_TRAFFIC_SECRET'
  | 'CLIENT_HANDSHAKE_TRAFFIC_SECRET'
  | 'SERVER_HANDSHAKE_TRAFFIC_SECRET'
  | 'CLIENT_TRAFFIC_SECRET_0'
  | 'SERVER_TRAFFIC_SECRET_0'
  | 'EXPORTER_SECRET';
