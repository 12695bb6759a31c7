import { Level, TlsAlert, type TlsEngine, type TlsEvent } from '@tsquic/tls13';
import { TransportCode, TransportError, violation } from '../errors/transport-error.ts';
import type { CryptoFrame } from '../frame/crypto.ts';
import { FrameType } from '../frame/rules.ts';
import type { Keys } from '../keys/keys.ts';
import type { ConnectionVersion } from '../version/connection-version.ts';
import type { PacketWriter } from '../packet/writer.ts';
import { Fact } from '../facts/fact-kind.ts';
import type { HandshakeProgress } from './progress.ts';
import { CryptoStream } from './crypto-stream.ts';
import { checkConnectionIds, checkValues, type SeenConnectionIds } from '../parameters/parameter-rules.ts';
import { decodeParameters, type TransportParameters } from '../parameters/parameters.ts';

/**
 * How far the data of each level may be ahead of TLS, bytes: a client must accept long certificate chains.
 */
const AHEAD_BYTES: readonly number[] = [16_384, 0, 65_536, 16_384];

/**
 * Stands for the stream of a level without CRYPTO frames, or whose keys are discarded: it takes and sends no
 * data.
 */
const OVER = new CryptoStream(Level.Initial, 0);

/** Is called as the handshake proceeds. */
export interface HandshakeListener {
  /** The peer's transport parameters are known and checked; at a client they are not authenticated yet. */
  onParameters(parameters: TransportParameters): void;
  /** A client may send 0-RTT packets from now on. */
  onEarlyKeys(): void;
  /** The server accepted or rejected 0-RTT; at a client the answer is not authenticated yet. */
  onEarlyVerdict(event: Extract<TlsEvent, { type: 'early-data' }>): void;
  onCertificate(chain: readonly Uint8Array[], serverName: string): void;
  onComplete(event: Extract<TlsEvent, { type: 'complete' }>): void;
  onTicket(session: Uint8Array): void;
  onKeyLog(line: string): void;
  /** The peer sent handshake data again: it seems to lack what was sent to it. */
  onRepetition(): void;
}

/** Connects TLS with the CRYPTO streams and the packet keys. RFC 9001 §4 */
export class Handshake implements HandshakeProgress {
  readonly isClient: boolean;
  complete = false;
  confirmed = false;
  /**
   * Whether the server has answered with Handshake keys or later ones, and so has validated our address.
   * RFC 9002 §6.2.2.1
   */
  peerValidated: boolean;
  hasHandshakeKeys = false;
  /** Whether the peer's certificate waits for the application's verdict. */
  awaitsVerdict = false;
  /** Undefined before they came, and once the handshake is confirmed: each part has what it needs of them. */
  peerParameters: TransportParameters | undefined;
  /** The connection IDs that the peer's transport parameters must repeat. */
  seenIds: SeenConnectionIds | undefined;
  private readonly streams: CryptoStream[];
  /** The level that TLS reads: the highest one with keys to decrypt, without 0-RTT. */
  private readLevel: Level = Level.Initial;
  private readonly keys: Keys;
  private readonly version: ConnectionVersion;
  private readonly listener: HandshakeListener;
  private engine: TlsEngine | undefined;
  private donePending = false;

  constructor(isClient: boolean, keys: Keys, version: ConnectionVersion, listener: HandshakeListener) {
    this.isClient = isClient;
    this.keys = keys;
    this.version = version;
    this.listener = listener;
    this.peerValidated = !isClient;
    this.streams = AHEAD_BYTES.map((ahead, level) => (ahead === 0 ? OVER : new CryptoStream(level, ahead)));
  }

  /** Start TLS; at a client, the ClientHello waits to be sent afterwards. */
  start(engine: TlsEngine): void {
    this.engine = engine;
    engine.start();
    this.drain();
  }

  /** A client starts again, in another version, with a new stream. RFC 9368 §2.1 */
  restart(engine: TlsEngine): void {
    this.streams[Level.Initial] = new CryptoStream(Level.Initial, AHEAD_BYTES[Level.Initial]!);
    this.start(engine);
  }

  onCrypto(level: Level, frame: CryptoFrame, bytes: Uint8Array): void {
    const stream = this.streams[level]!;
    // The server chose its version in the packet of its first handshake data at the latest, so the version is
    // final. RFC 9369 §4.1
    if (this.isClient) this.version.settle();
    // A peer may repeat CRYPTO data, but not send new data at a level that TLS has left. RFC 9001 §4.1.3
    if (level < this.readLevel && frame.offset + frame.dataEnd - frame.dataAt > stream.receivedEnd)
      violation(FrameType.Crypto, 'new handshake data at a level that is over');
    if (stream.onFrame(frame, bytes) && !this.complete) this.listener.onRepetition();
    for (let next = stream.take(); next !== undefined; next = stream.take()) {
      const chunk = next;
      this.guard(() => this.engine!.provide(level, chunk));
    }
  }

  /** The application's verdict on the peer's certificate. */
  certificateVerdict(alert: number | undefined): void {
    this.awaitsVerdict = false;
    this.guard(() => this.engine!.certificateVerdict(alert));
  }

  exportKeyingMaterial(label: string, context: Uint8Array, length: number): Uint8Array {
    return this.engine!.exportKeyingMaterial(label, context, length);
  }

  /** HANDSHAKE_DONE came: the server has received the client's Finished. RFC 9001 §4.1.2 */
  onDone(): void {
    if (!this.complete)
      throw new TransportError(TransportCode.ProtocolViolation, FrameType.HandshakeDone, 'too early');
    this.confirmed = this.peerValidated = true;
  }

  /** Decode and check the peer's transport parameters. */
  takeParameters(bytes: Uint8Array): void {
    const parameters = decodeParameters(bytes);
    checkValues(parameters, !this.isClient);
    this.version.onInformation(parameters.versionInformation);
    checkConnectionIds(parameters, this.seenIds!, !this.isClient);
    this.peerParameters = parameters;
    this.listener.onParameters(parameters);
  }

  /**
   * The handshake is confirmed: the peer's transport parameters are looked at for the last time, and of the connection IDs only the one
   * in the peer's long headers is compared any more.
   */
  takePeerParameters(): TransportParameters {
    const taken = this.peerParameters!;
    const { peerSource } = this.seenIds!;
    this.peerParameters = undefined;
    this.seenIds = { peerSource, originalDestination: peerSource, retrySource: undefined };
    return taken;
  }

  hasFrames(level: Level): boolean {
    if (this.streams[level]!.hasData) return true;
    return level === Level.Application && this.donePending;
  }

  writeCrypto(level: Level, packet: PacketWriter): void {
    if (this.streams[level]!.hasData) this.streams[level]!.write(packet);
  }

  /** Write HANDSHAKE_DONE into a 1-RTT packet. RFC 9001 §4.1.2 */
  writeDone(packet: PacketWriter): void {
    if (this.donePending && packet.frames.room >= 1) {
      packet.frames.u8(FrameType.HandshakeDone);
      this.donePending = false;
      packet.addFact(Fact.HandshakeDone);
    }
  }

  onCryptoAcked(level: number, from: number, to: number): void {
    this.streams[level]!.onAcked(from, to);
    // A server that acknowledges Handshake packets has validated our address. RFC 9002 §6.2.2.1
    if (level >= Level.Handshake) this.peerValidated = true;
  }

  onCryptoLost(level: number, from: number, to: number): void {
    this.streams[level]!.onLost(from, to);
  }

  onDoneLost(): void {
    this.donePending = true;
  }

  /** The keys of a level are discarded. RFC 9001 §4.9 */
  discard(level: Level): void {
    this.streams[level] = OVER;
  }

  /** The connection is idle: give back the memory of empty buffers. */
  rest(): void {
    this.streams[Level.Application]!.rest();
  }

  /**
   * The connection has ended: no data is taken or sent any more. Keying material can still be exported, if
   * there is any.
   */
  onConnectionEnd(): void {
    for (let level = 0; level < this.streams.length; level++) this.streams[level] = OVER;
    this.donePending = false;
    if (!this.complete) this.engine = undefined;
  }

  /** Run a step of TLS; its alerts become transport errors. RFC 9001 §4.8 */
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
      // Take the events from before the failure as well: an alert may have to leave under new keys.
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
        if (event.level === Level.EarlyData) return this.isClient ? this.listener.onEarlyKeys() : undefined;
        if (event.direction === 'read') this.advanceTo(event.level);
        // Handshake keys without 0-RTT keys mean that the server has rejected 0-RTT. RFC 9001 §4.6.2
        if (event.level === Level.Handshake && !this.isClient && !this.keys.canReadEarly)
          this.keys.discard(Level.EarlyData);
        return;
      case 'early-data':
        return this.listener.onEarlyVerdict(event);
      case 'transport-parameters':
        // A server has checked the parameters before its answer.
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
  /** TLS reads a higher level from now on: it must have read all data of the one before. RFC 9001 §4.1.3 */
  private advanceTo(level: Level): void {
    if (this.streams[this.readLevel]!.hasGap)
      violation(FrameType.Crypto, 'handshake data beyond the end of its level');
    this.readLevel = level;
  }
}
