import { Alert, TlsAlert } from './alerts.ts';
import { alertOfFault } from './certificate/judgement.ts';
import { startClient } from './client/start.ts';
import type { TlsClientOptions, TlsServerOptions } from './config.ts';
import type { Level, TlsEvent } from './events.ts';
import { Output } from './output.ts';
import { checkedClientOptions, checkServerOptions } from './option-rules.ts';
import { MessageReassembly } from './reassembly.ts';
import { ExpectClientHello } from './server/expect-client-hello.ts';
import { resolveSettings } from './settings.ts';
import { AwaitVerdict, type HandshakeState, MESSAGE_LIMIT } from './state.ts';
import { Transcript } from './transcript.ts';

/**
 * One TLS 1.3 handshake for QUIC: takes handshake bytes and emits events, without records and packets.
 * RFC 8446 with RFC 9001 §4 and §8.
 */
export interface TlsEngine {
  /** Start the handshake; call once, first. A client's ClientHello is queued then. */
  start(): void;

  /**
   * Take handshake bytes of `level`, in order and without gaps, in pieces of any size. The bytes are borrowed
   * for the call. Throws `TlsAlert` when they end the handshake; the engine is unusable afterwards.
   */
  provide(level: Level, bytes: Uint8Array): void;

  /** The next event, or undefined. Take all events after every call that can change state. */
  nextEvent(): TlsEvent | undefined;

  /** Answer a `certificate` event: undefined to continue, or the alert to end with (thrown as `TlsAlert`). */
  certificateVerdict(alert: number | undefined): void;

  /** Keying material for the application, RFC 8446 §7.5. Only after `complete`. */
  exportKeyingMaterial(label: string, context: Uint8Array, length: number): Uint8Array;

  /** Whether the level being read ends in an incomplete message, after which no other level may follow. */
  readonly hasPartialMessage: boolean;
}

/** A client's engine. Throws a RangeError for options that no handshake can carry. */
export function createTlsClient(given: TlsClientOptions): TlsEngine {
  const options = checkedClientOptions(given);
  const settings = resolveSettings(options);
  const output = new Output(options.keyLog ?? false);
  const context = { options, settings, output, transcript: new Transcript(options.crypto) };
  return new Engine(output, () => startClient(context));
}

/** A server's engine. Throws a RangeError for options that no handshake can carry. */
export function createTlsServer(options: TlsServerOptions): TlsEngine {
  checkServerOptions(options);
  const settings = resolveSettings(options);
  const output = new Output(options.keyLog ?? false);
  const context = { options, settings, output, transcript: new Transcript(options.crypto) };
  return new Engine(output, () => new ExpectClientHello(context, undefined));
}

/** Passes complete messages to the state, which determines the next one. */
class Engine implements TlsEngine {
  private readonly output: Output;
  /**
   * Makes the first state; undefined once called, because it refers to the transcript, which ends with the
   * handshake.
   */
  private begin: (() => HandshakeState) | undefined;
  private readonly reassembly = new MessageReassembly();
  private state: HandshakeState | undefined;
  private failure: unknown;

  constructor(output: Output, begin: () => HandshakeState) {
    this.output = output;
    this.begin = begin;
  }

  get hasPartialMessage(): boolean {
    return this.reassembly.length > 0;
  }

  start(): void {
    if (this.begin === undefined) throw new Error('start() was called before');
    this.state = this.begin();
    this.begin = undefined;
  }

  provide(level: Level, bytes: Uint8Array): void {
    this.guarded((state) => {
      if (bytes.length === 0) return;
      if (level !== state.level) {
        throw new TlsAlert(
          Alert.UnexpectedMessage,
          `handshake data at level ${level}, not ${state.level}`,
          true,
        );
      }
      if (this.reassembly.length + bytes.length > BUFFER_LIMIT) {
        throw new TlsAlert(Alert.DecodeError, `more than ${BUFFER_LIMIT} bytes of handshake data at once`);
      }
      this.reassembly.append(bytes);
      this.advance(state);
    });
  }

  nextEvent(): TlsEvent | undefined {
    return this.output.next();
  }

  certificateVerdict(alert: number | undefined): void {
    const waiting = this.state;
    if (!(waiting instanceof AwaitVerdict)) throw new Error('no certificate waits for a verdict');
    this.guarded(() => {
      if (alert !== undefined) throw alertOfFault({ alert, message: 'the certificate was refused' });
      this.state = waiting.next;
      this.advance(waiting.next);
    });
  }

  exportKeyingMaterial(label: string, context: Uint8Array, length: number): Uint8Array {
    if (this.state?.exporter === undefined) throw new Error('the handshake is not complete');
    return this.state.exporter.export(label, context, length);
  }

  /** Take complete messages, until there are no more or the state waits for a verdict. */
  private advance(from: HandshakeState): void {
    let state = from;
    while (!(state instanceof AwaitVerdict)) {
      const message = this.reassembly.next(state.messageLimit);
      if (message === undefined) return;
      const { level } = state;
      state = state.onMessage(message);
      this.state = state;
      if (state.level !== level && this.reassembly.length > 0) {
        // A message must not extend across a change of keys. RFC 9001 §4.1.3, RFC 8446 §5.1
        throw new TlsAlert(Alert.UnexpectedMessage, 'handshake data goes on past a change of keys', true);
      }
    }
  }

  private guarded(step: (state: HandshakeState) => void): void {
    if (this.failure !== undefined) throw this.failure;
    if (this.state === undefined) throw new Error('start() was not called');
    try {
      step(this.state);
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}

/** Room for one message of the largest size, and as many bytes after it. */
const BUFFER_LIMIT = 2 * MESSAGE_LIMIT;
