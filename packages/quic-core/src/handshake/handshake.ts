import { Level, TlsAlert, type TlsEngine, type TlsEvent } from '@tsquic/tls13';
import { TransportCode, TransportError } from '../errors/transport-error.ts';
import type { CryptoFrame } from '../frame/crypto.ts';
import { FrameType } from '../frame/rules.ts';
import { encodeNewToken } from '../frame/token.ts';
import type { Keys } from '../keys/keys.ts';
import type { PacketWriter } from '../packet/writer.ts';
import { Fact } from '../recovery/fact-kind.ts';
import type { HandshakeProgress } from '../recovery/pto.ts';
import { CryptoStream } from './crypto-stream.ts';
import { checkConnectionIds, checkValues, type SeenConnectionIds } from './parameter-rules.ts';
import { decodeParameters, type TransportParameters } from './parameters.ts';

/** How far ahead of TLS each level's data may run, bytes: a client must take long certificate chains. */
const AHEAD_BYTES: readonly number[] = [16_384, 0, 65_536, 16_384];

/** The stream of every level that carries no CRYPTO frames, or none any more: nothing comes, and nothing is sent. */
const OVER = new CryptoStream(Level.Initial, 0);

/** What the handshake tells its connection. */
export interface HandshakeListener {
  /** The peer's parameters are known and checked; not yet authentic on a client. */
  onParameters(parameters: TransportParameters): void;
  onCertificate(chain: readonly Uint8Array[], serverName: string): void;
  onComplete(event: Extract<TlsEvent, { type: 'complete' }>): void;
  onTicket(session: Uint8Array): void;
  onKeyLog(line: string): void;
  /** The peer repeats itself: it seems to lack what we sent. */
  onRepetition(): void;
}

/** TLS on one side, CRYPTO streams and keys on the other. RFC 9001 §4 */
export class Handshake implements HandshakeProgress {
  readonly isClient: boolean;
  complete = false;
  confirmed = false;
  /** The server has answered under Handshake keys or later, so it believes in our address. RFC 9002 §6.2.2.1 */
  peerValidated: boolean;
  hasHandshakeKeys = false;
  /** The peer's certificate waits for the application's word. */
  awaitsVerdict = false;
  peerParameters: TransportParameters | undefined;
  /** Connection IDs that the peer's parameters must confirm. */
  seenIds: SeenConnectionIds | undefined;
  private readonly streams: CryptoStream[];
  /** Where TLS reads: the highest level that there are keys to open, 0-RTT apart. */
  private readLevel: Level = Level.Initial;
  private readonly keys: Keys;
  private readonly listener: HandshakeListener;
  private engine: TlsEngine | undefined;
  private donePending = false;
  private token: Uint8Array | undefined;
  private tokenPending = false;

  constructor(isClient: boolean, keys: Keys, listener: HandshakeListener) {
    this.isClient = isClient;
    this.keys = keys;
    this.listener = listener;
    this.peerValidated = !isClient;
    this.streams = AHEAD_BYTES.map((ahead, level) => (ahead === 0 ? OVER : new CryptoStream(level, ahead)));
  }

  /** Begin; a client's ClientHello is ready to be sent afterwards. */
  start(engine: TlsEngine): void {
    this.engine = engine;
    engine.start();
    this.drain();
  }

  onCrypto(level: Level, frame: CryptoFrame, bytes: Uint8Array): void {
    const stream = this.streams[level]!;
    // Repetitions are fine, but nobody may go on at a level that TLS has left. RFC 9001 §4.1.3
    if (level < this.readLevel && frame.offset + frame.dataEnd - frame.dataAt > stream.receivedEnd)
      lateData('new handshake data at a level that is over');
    if (stream.onFrame(frame, bytes) && !this.complete) this.listener.onRepetition();
    for (let next = stream.take(); next !== undefined; next = stream.take()) {
      const chunk = next;
      this.guard(() => this.engine!.provide(level, chunk));
    }
  }

  /** The application's word on the peer's certificate. */
  certificateVerdict(alert: number | undefined): void {
    this.awaitsVerdict = false;
    this.guard(() => this.engine!.certificateVerdict(alert));
  }

  exportKeyingMaterial(label: string, context: Uint8Array, length: number): Uint8Array {
    return this.engine!.exportKeyingMaterial(label, context, length);
  }

  /** The server says that it has our Finished. RFC 9001 §4.1.2 */
  onDone(): void {
    if (!this.complete)
      throw new TransportError(TransportCode.ProtocolViolation, FrameType.HandshakeDone, 'too early');
    this.confirmed = this.peerValidated = true;
  }

  /** Give the client a token for its next connection. RFC 9000 §8.1.3 */
  sendToken(token: Uint8Array): void {
    this.token = token;
    this.tokenPending = true;
  }

  /**
   * The peer's parameters, decoded and checked for everything but connection IDs, which a server knows
   * before and a client only learns with them.
   */
  takeParameters(bytes: Uint8Array): void {
    const parameters = decodeParameters(bytes);
    checkValues(parameters, !this.isClient);
    checkConnectionIds(parameters, this.seenIds!, !this.isClient);
    this.peerParameters = parameters;
    this.listener.onParameters(parameters);
  }

  hasFrames(level: Level): boolean {
    if (this.streams[level]!.hasData) return true;
    return level === Level.Application && (this.donePending || this.tokenPending);
  }

  writeCrypto(level: Level, packet: PacketWriter): void {
    if (this.streams[level]!.hasData) this.streams[level]!.write(packet);
  }

  /** HANDSHAKE_DONE and NEW_TOKEN, in 1-RTT packets. */
  writeDone(packet: PacketWriter): void {
    if (this.donePending && packet.frames.room >= 1) {
      packet.frames.u8(FrameType.HandshakeDone);
      this.donePending = false;
      packet.addFact(Fact.HandshakeDone);
    }
    if (!this.tokenPending || !encodeNewToken(packet.frames, this.token!)) return;
    this.tokenPending = false;
    packet.addFact(Fact.NewToken);
  }

  onCryptoAcked(level: number, from: number, to: number): void {
    this.streams[level]!.onAcked(from, to);
    // Only a server that can read Handshake packets has validated us. RFC 9002 §6.2.2.1
    if (level >= Level.Handshake) this.peerValidated = true;
  }

  onCryptoLost(level: number, from: number, to: number): void {
    this.streams[level]!.onLost(from, to);
  }

  onDoneLost(): void {
    this.donePending = true;
  }

  onTokenLost(): void {
    this.tokenPending = true;
  }

  /** The keys of a level are gone. RFC 9001 §4.9 */
  discard(level: Level): void {
    this.streams[level] = OVER;
  }

  /** The connection is quiet: hold no more than what waits. */
  rest(): void {
    this.streams[Level.Application]!.rest();
  }

  /** The connection has ended: nothing is read or sent any more. Keys can still be exported, if there are any. */
  onConnectionEnd(): void {
    for (let level = 0; level < this.streams.length; level++) this.streams[level] = OVER;
    this.token = undefined;
    this.tokenPending = this.donePending = false;
    if (!this.complete) this.engine = undefined;
  }

  /** Run TLS; its alerts become transport errors. RFC 9001 §4.8 */
  private guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof TlsAlert)) throw error;
      const code = error.protocolViolation
        ? TransportCode.ProtocolViolation
        : TransportCode.CryptoBase + error.alert;
      throw new TransportError(code, FrameType.Crypto, error.message);
    } finally {
      // What TLS said before it failed still matters: an alert may follow under new keys.
      this.drain();
    }
  }

  private drain(): void {
    for (let event = this.engine!.nextEvent(); event !== undefined; event = this.engine!.nextEvent())
      this.onEvent(event);
  }

  private onEvent(event: TlsEvent): void {
    switch (event.type) {
      case 'send':
        return this.streams[event.level]!.send(event.bytes);
      case 'keys':
        this.keys.install(event.level, event.direction, event.suite, event.secret);
        if (event.level === Level.Handshake && event.direction === 'write') this.hasHandshakeKeys = true;
        if (event.direction === 'read' && event.level !== Level.EarlyData) this.advanceTo(event.level);
        return;
      case 'transport-parameters':
        // A server has looked at them already, before it answered.
        if (this.isClient) this.takeParameters(event.bytes);
        return;
      case 'certificate':
        this.awaitsVerdict = true;
        return this.listener.onCertificate(event.chain, event.serverName);
      case 'complete':
        this.complete = true;
        if (!this.isClient) this.confirmed = this.donePending = true;
        return this.listener.onComplete(event);
      case 'ticket':
        return this.listener.onTicket(event.session);
      case 'key-log':
        return this.listener.onKeyLog(event.line);
    }
  }
  /** TLS reads at a higher level from now on: it must have read all of the last one. RFC 9001 §4.1.3 */
  private advanceTo(level: Level): void {
    if (this.streams[this.readLevel]!.hasGap) lateData('handshake data beyond the end of its level');
    this.readLevel = level;
  }
}

function lateData(reason: string): never {
  throw new TransportError(TransportCode.ProtocolViolation, FrameType.Crypto, reason);
}
