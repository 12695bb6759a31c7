import { concatBytes } from '@tsquic/bytes';
import { PacketType, type TransportParameters } from '@tsquic/quic-core';
import {
  defaultParameters,
  encodeParameters,
  encodeRetry,
  encodeVersionNegotiation,
  FrameType,
  initialKeys,
  isProtected,
  levelOf,
  type PacketHeader,
  PacketKeys,
  PacketReader,
  Reassembly,
  unmaskHeader,
  type Version,
  VERSION_1,
  VERSIONS,
} from '@tsquic/quic-core/wire';
import {
  createTlsClient,
  createTlsServer,
  Level,
  skipCertificateCheck,
  type TlsEngine,
  type TlsEvent,
} from '@tsquic/tls13';
import type { AdversaryEndpointOptions, AdversaryPacketOptions, SeenPacket } from './adversary-options.ts';
import { sealAdversaryPacket } from './adversary-packet.ts';
import { LaterPaths } from './later-paths.ts';
import { cryptoFrame, readFrames, type SeenFrame } from './raw-frames.ts';

/**
 * One end of a connection with valid TLS and valid packet protection, which sends any frames that a test asks
 * for. It has no loss recovery and no timers: it reads the datagrams that it is given, and hands over those
 * that it makes.
 */
export class AdversaryEndpoint {
  /** Every packet of the victim, in order. */
  readonly seen: SeenPacket[] = [];
  /** Whether the TLS handshake is complete. */
  complete = false;
  /** Whether the server has accepted 0-RTT that a client offered. */
  isEarlyDataAccepted = false;
  /** Sessions that a client got. */
  readonly sessions: Uint8Array[] = [];
  /** The peer's connection ID, to which packets are sent. */
  destination: Uint8Array;
  readonly source: Uint8Array;
  /** The victim's transport parameters, encoded; undefined before they came. */
  peerParameters: Uint8Array | undefined;
  /** Token of a client's Initial packets. */
  token: Uint8Array = NONE;
  /** Destination Connection ID of the client's first Initial packet. */
  originalDestination: Uint8Array;
  /** Next packet number by level. */
  readonly numbers: number[] = [0, 0, 0, 0];
  /** Paths after the first. draft-ietf-quic-multipath */
  readonly laterPaths: LaterPaths = new LaterPaths();
  /** Whether handshake bytes are held back, from the level `silentFrom` on. */
  silent = true;
  private readonly options: AdversaryEndpointOptions;
  protected readonly writes: (PacketKeys | undefined)[] = [undefined, undefined, undefined, undefined];
  protected readonly reads: (PacketKeys | undefined)[] = [undefined, undefined, undefined, undefined];
  /** 1-RTT keys before the last update. */
  private former: PacketKeys | undefined;
  private writePhase = 0;
  private readPhase = 0;
  private readonly came = [0, 1, 2, 3].map(() => ({ pathId: 0, largest: -1 }));
  private readonly streams = [0, 1, 2, 3].map(() => new Reassembly());
  private readonly cryptoSent = [0, 0, 0, 0];
  private readonly reader: PacketReader;
  private readonly heldBack: { readonly level: Level; readonly bytes: Uint8Array }[] = [];
  private readonly version: Version;
  private readonly peerVersion: Version;
  private engine: TlsEngine | undefined;
  private answered = false;
  /** Whether a server has sent a Retry. */
  private isRetried = false;
  /** The first handshake bytes that were sent: a client's ClientHello. */
  private hello: Uint8Array = NONE;

  constructor(options: AdversaryEndpointOptions) {
    this.options = options;
    this.version = options.version ?? VERSION_1;
    this.peerVersion = options.peerVersion ?? this.version;
    this.source = options.source ?? DEFAULT_SOURCE;
    this.reader = new PacketReader(this.source.length, VERSIONS);
    this.destination = options.firstDestination ?? new Uint8Array(8);
    if (options.firstDestination === undefined) options.crypto.random(this.destination);
    this.originalDestination = this.destination;
    if (!options.isClient) return;
    this.installInitial(this.destination);
    this.engine = this.createClient();
  }

  // Handshake

  /** Start a client's handshake. */
  start(): void {
    this.engine!.start();
    this.drain();
  }

  /** Send the handshake bytes that were held back. */
  sendHeldBack(): void {
    const packets: Uint8Array[] = [];
    for (const { level, bytes } of this.heldBack.splice(0)) this.sendHandshake(level, bytes, packets);
    this.leave(packets);
  }

  /** Begin again as a client that was sent a Retry with this source and this token. RFC 9000 §17.2.5.2 */
  takeRetry(source: Uint8Array, token: Uint8Array): void {
    this.destination = source;
    this.token = token;
    this.installInitial(source);
    this.cryptoSent[Level.Initial] = 0;
    const packets: Uint8Array[] = [];
    this.sendHandshake(Level.Initial, this.hello, packets);
    this.leave(packets);
  }

  /** Take a datagram of the victim, and continue the handshake. */
  take(datagram: Uint8Array): void {
    const { reader } = this;
    if (!this.options.isClient && this.engine === undefined) this.accept(datagram);
    reader.reset(datagram, datagram.length);
    while (reader.next()) {
      const { header } = reader;
      if (header.type === PacketType.Retry || header.type === PacketType.VersionNegotiation) continue;
      this.open(datagram, header);
    }
    this.drain();
  }

  // Calls of tests

  /** Frames of this type that came, at any level or at this one. */
  framesOf(type: number, level?: Level): SeenFrame[] {
    return this.seen
      .filter((packet) => level === undefined || packet.level === level)
      .flatMap((packet) => packet.frames.filter((one) => one.type === type));
  }

  /** The error code of the victim's CONNECTION_CLOSE, or undefined. */
  get closeCode(): number | undefined {
    const [close] = [
      ...this.framesOf(FrameType.ConnectionClose),
      ...this.framesOf(FrameType.ApplicationClose),
    ];
    return close?.values[0];
  }

  /** Whether the victim's newest 1-RTT packet has the key phase bit set. */
  get peerPhase(): boolean {
    return this.readPhase !== 0;
  }

  canWrite(level: Level): boolean {
    return this.writes[level] !== undefined;
  }

  /** Offset of the next handshake bytes of this level. */
  cryptoOffset(level: Level): number {
    return this.cryptoSent[level]!;
  }

  // Packets

  /**
   * An encrypted packet; a client's Initial packet is padded to 1200 bytes. Throws an Error when there are no
   * keys.
   */
  packet(level: Level, payload: Uint8Array, options: AdversaryPacketOptions = {}): Uint8Array {
    const { keys, phase } = this.writeKeys(level, options.formerKeys === true);
    const {
      destination = this.destination,
      source = this.source,
      token = this.token,
      firstByte = 0,
      pathId = 0,
    } = options;
    const isPadded = level === Level.Initial && this.options.isClient;
    const number =
      options.number ?? (pathId > 0 ? this.laterPaths.nextNumber(pathId) : this.numbers[level]!++);
    this.options.onPacket?.({ level, number, payload, options });
    return sealAdversaryPacket({
      level,
      version: this.version,
      keys,
      number,
      destination,
      source,
      token,
      payload,
      leastBytes: pathId > 0 ? (options.bytes ?? 0) : isPadded ? (options.bytes ?? 1200) : 0,
      firstByte: firstByte ^ phase,
      pathId,
    });
  }

  /** Send with the next 1-RTT keys, whether or not an update is allowed yet. RFC 9001 §6.1 */
  updateKeys(): void {
    this.former = this.writes[Level.Application]!;
    this.writes[Level.Application] = this.former.next();
    this.writePhase ^= KEY_PHASE_BIT;
  }

  /**
   * A Retry for the client whose packets came here, with a valid tag.
   *
   * @param original - Destination Connection ID of the packet that it answers.
   */
  forgedRetry(
    token: Uint8Array = Uint8Array.of(1, 2, 3),
    source: Uint8Array = this.source,
    original: Uint8Array = this.originalDestination,
  ): Uint8Array {
    const { crypto } = this.options;
    return encodeRetry(crypto, this.version, this.destination, source, original, token);
  }

  /** A Version Negotiation packet for the client whose packets came here. */
  forgedVersionNegotiation(
    versions: readonly number[] = [0x1a2a3a4a],
    source: Uint8Array = this.originalDestination,
  ): Uint8Array {
    return encodeVersionNegotiation(this.destination, source, versions, 0);
  }

  /** As a server that has sent a Retry from its own ID: the next ClientHello counts, whatever came before. */
  expectRetried(): void {
    this.isRetried = true;
    this.installInitial(this.source);
    this.engine = undefined;
    this.heldBack.length = 0;
    this.streams[Level.Initial] = new Reassembly();
  }

  /** Install the Initial keys of a connection ID, which is the client's first or that of a Retry. */
  installInitial(id: Uint8Array): void {
    const { crypto, isClient } = this.options;
    const { version, peerVersion } = this;
    this.writes[Level.Initial] = initialKeys(crypto, version, id, isClient);
    this.reads[Level.Initial] = initialKeys(crypto, peerVersion, id, !isClient);
  }

  private writeKeys(level: Level, former: boolean): { readonly keys: PacketKeys; readonly phase: number } {
    const keys = former ? this.former : this.writes[level];
    if (keys === undefined) throw new Error(`no keys at level ${level}`);
    if (level !== Level.Application) return { keys, phase: 0 };
    return { keys, phase: former ? this.writePhase ^ KEY_PHASE_BIT : this.writePhase };
  }

  // Incoming datagrams

  private open(datagram: Uint8Array, header: PacketHeader): void {
    if (!isProtected(header.type)) return;
    const level = levelOf(header.type);
    const known = this.reads[level];
    if (known === undefined) return;
    const destination = datagram.slice(header.dcidAt, header.dcidAt + header.dcidLength);
    const came = this.laterPaths.find(destination) ?? this.came[level]!;
    unmaskHeader(datagram, header, known.protection, came.largest);
    const phase = level === Level.Application ? datagram[header.headerAt]! & KEY_PHASE_BIT : 0;
    const keys = phase === this.readPhase || level !== Level.Application ? known : known.next();
    const aead = keys.aeadOf(came.pathId);
    if (!aead.open(header.packetNumber, datagram, header.headerAt, header.payloadAt, header.packetEnd))
      return;
    this.reads[level] = keys;
    if (level === Level.Application) this.readPhase = phase;
    came.largest = Math.max(came.largest, header.packetNumber);
    if (!this.answered && header.type !== PacketType.OneRtt) {
      this.answered = true;
      this.destination = datagram.slice(header.scidAt, header.scidAt + header.scidLength);
    }
    const frames = readFrames(datagram, header.payloadAt, header.payloadEnd);
    this.seen.push({
      level,
      pathId: came.pathId,
      number: header.packetNumber,
      frames,
      destination,
      datagramBytes: datagram.length,
    });
    for (const { type, values, data } of frames)
      if (type === FrameType.Crypto) this.readCrypto(level, values[0]!, data);
  }

  private readCrypto(level: Level, offset: number, data: Uint8Array): void {
    const stream = this.streams[level]!;
    stream.add(offset, data, 0, data.length);
    const ready = new Uint8Array(stream.readableBytes);
    stream.read(ready);
    this.engine!.provide(level, ready);
    this.drain();
  }

  // Outgoing datagrams

  private drain(): void {
    const { engine } = this;
    if (engine === undefined) return;
    const packets: Uint8Array[] = [];
    for (let event = engine.nextEvent(); event !== undefined; event = engine.nextEvent())
      this.onEvent(event, packets);
    this.leave(packets);
  }

  /** Send packets in order, as many in each datagram as a path with an MTU of 1350 bytes carries. */
  private leave(packets: readonly Uint8Array[]): void {
    let datagram: Uint8Array[] = [];
    let bytes = 0;
    for (const packet of packets) {
      if (bytes > 0 && bytes + packet.length > MAX_DATAGRAM) {
        this.options.deliver(concatBytes(...datagram));
        datagram = [];
        bytes = 0;
      }
      datagram.push(packet);
      bytes += packet.length;
    }
    if (bytes > 0) this.options.deliver(concatBytes(...datagram));
  }

  private onEvent(event: TlsEvent, packets: Uint8Array[]): void {
    const { options } = this;
    switch (event.type) {
      case 'keys':
        (event.direction === 'read' ? this.reads : this.writes)[event.level] = new PacketKeys(
          options.crypto,
          this.version,
          event.suite,
          event.secret,
        );
        return;
      case 'complete':
        this.complete = true;
        return;
      case 'early-data':
        this.isEarlyDataAccepted = event.accepted;
        return;
      case 'transport-parameters':
        this.peerParameters = event.bytes;
        return;
      case 'ticket':
        this.sessions.push(event.session);
        return;
      case 'send': {
        if (this.silent && event.level >= (options.silentFrom ?? Infinity)) {
          this.heldBack.push(event);
          return;
        }
        if (this.hello.length === 0) this.hello = event.bytes;
        this.sendHandshake(event.level, event.bytes, packets);
        return;
      }
      default:
        return;
    }
  }

  /** Handshake bytes, behind those of their level that were sent before. */
  private sendHandshake(level: Level, made: Uint8Array, packets: Uint8Array[]): void {
    const bytes = this.options.edit?.(level, made) ?? made;
    for (let at = 0; at < bytes.length; at += MAX_CRYPTO) {
      const part = bytes.subarray(at, at + MAX_CRYPTO);
      packets.push(this.packet(level, cryptoFrame(this.cryptoSent[level]!, part)));
      this.cryptoSent[level]! += part.length;
    }
  }

  private createClient(): TlsEngine {
    const { crypto, alpn = ['test'] } = this.options;
    return createTlsClient({
      crypto,
      unixTimeMs: () => 0,
      serverName: 'server.test',
      alpn,
      verifier: skipCertificateCheck,
      transportParameters: () => this.parameters({}),
      ...this.options.tlsClient,
    });
  }

  private accept(datagram: Uint8Array): void {
    const { crypto, identity, chosenAlpn = 'test' } = this.options;
    if (!this.isRetried) this.originalDestination = datagram.slice(6, 6 + datagram[5]!);
    const scidAt = 7 + datagram[5]!;
    this.destination = datagram.slice(scidAt, scidAt + datagram[scidAt - 1]!);
    if (!this.isRetried) this.installInitial(this.originalDestination);
    this.engine = createTlsServer({
      crypto,
      unixTimeMs: () => 0,
      identity: () => identity,
      alpn: () => chosenAlpn,
      transportParameters: () =>
        this.parameters({ originalDestinationConnectionId: this.originalDestination }),
      ...this.options.tlsServer,
    });
    this.engine.start();
  }

  private parameters(ids: Partial<TransportParameters>): Uint8Array {
    const parameters: TransportParameters = {
      ...defaultParameters(),
      initialSourceConnectionId: this.source,
      initialMaxData: 1_000_000,
      initialMaxStreamDataBidiLocal: 1_000_000,
      initialMaxStreamDataBidiRemote: 1_000_000,
      initialMaxStreamDataUni: 1_000_000,
      initialMaxStreamsBidi: 10,
      initialMaxStreamsUni: 10,
      ...ids,
    };
    return this.options.parameters?.(parameters) ?? encodeParameters(parameters, 1);
  }
}

const NONE = new Uint8Array(0);
const DEFAULT_SOURCE = Uint8Array.of(0xa, 0xb, 0xc, 0xd, 1, 2, 3, 4);
/** RFC 9000 §17.3.1 */
const KEY_PHASE_BIT = 0x04;
/** Most handshake bytes in one packet. */
const MAX_CRYPTO = 1000;
/** Longest datagram, as contexts tell their hosts by default. */
const MAX_DATAGRAM = 1350;
