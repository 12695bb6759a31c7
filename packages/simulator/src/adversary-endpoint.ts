import { concatBytes } from '@tsquic/bytes';
import type { CryptoProvider } from '@tsquic/crypto';
import { PacketType, type TransportParameters } from '@tsquic/quic-core';
import {
  defaultParameters,
  encodeParameters,
  encodeRetry,
  encodeVersionNegotiation,
  FrameType,
  initialKeys,
  levelOf,
  type PacketHeader,
  PacketKeys,
  PacketReader,
  Reassembly,
  unmaskHeader,
  VERSION_1,
} from '@tsquic/quic-core/wire';
import {
  createTlsClient,
  createTlsServer,
  type Identity,
  Level,
  skipCertificateCheck,
  type TlsEngine,
  type TlsEvent,
} from '@tsquic/tls13';
import { sealAdversaryPacket } from './adversary-packet.ts';
import { cryptoFrame, readFrames, type SeenFrame } from './raw-frames.ts';

/** What an adversary's end is like. */
export interface AdversaryEndpointOptions {
  readonly crypto: CryptoProvider;
  readonly isClient: boolean;
  /** Takes every datagram that it sends by itself, in the course of its handshake. */
  readonly deliver: (bytes: Uint8Array) => void;
  /** Needed to be a server. */
  readonly identity?: Identity;
  /** What a client offers. Default: 'test'. */
  readonly alpn?: readonly string[];
  /** What a server chooses, offered or not. Default: 'test'. */
  readonly chosenAlpn?: string;
  /** Change the transport parameters, which are right otherwise; returned bytes replace all of them. */
  readonly parameters?: (parameters: TransportParameters) => Uint8Array | void;
  /** Change the handshake bytes of a level before they leave. */
  readonly edit?: (level: Level, bytes: Uint8Array) => Uint8Array;
  /** Send no handshake bytes of this level and above: the victim stays half-way. */
  readonly silentFrom?: Level;
}

/** What a packet of an adversary is besides its frames. */
export interface AdversaryPacketOptions {
  readonly number?: number;
  /** XORed into the first byte before protection: reserved bits, key phase. */
  readonly firstByte?: number;
  readonly destination?: Uint8Array;
  readonly source?: Uint8Array;
  readonly token?: Uint8Array;
  /** Length of the packet, instead of 1200 for Initials of a client. */
  readonly bytes?: number;
}

/** A packet of the victim that opened. */
export interface SeenPacket {
  readonly level: Level;
  readonly number: number;
  readonly frames: readonly SeenFrame[];
  /** Bytes of the datagram it came in. */
  readonly datagramBytes: number;
}

/**
 * One end of a connection that speaks valid TLS and valid packet protection, and says whatever its user wants. It knows
 * neither loss nor recovery nor time: what it is given it reads, what it makes it hands over.
 */
export class AdversaryEndpoint {
  /** Every packet of the victim, in order. */
  readonly seen: SeenPacket[] = [];
  /** The handshake is over, as far as TLS is concerned. */
  complete = false;
  /** Peer's connection ID: destination of what we send. */
  destination: Uint8Array;
  readonly source: Uint8Array = Uint8Array.of(0xa, 0xb, 0xc, 0xd, 1, 2, 3, 4);
  /** What the client's first Initial was sent to. */
  originalDestination: Uint8Array;
  /** Next packet number by level. */
  readonly numbers: number[] = [0, 0, 0, 0];
  /** Whether handshake bytes are held back, from `silentFrom` on. */
  silent = true;
  private readonly options: AdversaryEndpointOptions;
  private readonly writes: (PacketKeys | undefined)[] = [undefined, undefined, undefined, undefined];
  private readonly reads: (PacketKeys | undefined)[] = [undefined, undefined, undefined, undefined];
  private writePhase = 0;
  private readPhase = 0;
  private readonly largest = [-1, -1, -1, -1];
  private readonly streams = [0, 1, 2, 3].map(() => new Reassembly());
  private readonly cryptoSent = [0, 0, 0, 0];
  private readonly reader = new PacketReader(8);
  private readonly heldBack: { readonly level: Level; readonly bytes: Uint8Array }[] = [];
  private engine: TlsEngine | undefined;
  private answered = false;

  constructor(options: AdversaryEndpointOptions) {
    this.options = options;
    this.destination = new Uint8Array(8);
    options.crypto.random(this.destination);
    this.originalDestination = this.destination;
    if (!options.isClient) return;
    this.installInitial(this.destination);
    this.engine = this.createClient();
  }

  // The handshake

  /** A client's part: say hello. */
  start(): void {
    this.engine!.start();
    this.drain();
  }

  /** Send the handshake bytes that were held back. */
  sendHeldBack(): void {
    for (const { level, bytes } of this.heldBack.splice(0))
      this.options.deliver(this.packet(level, cryptoFrame(0, bytes)));
  }

  /** Take a datagram of the victim, and answer its handshake. */
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

  // What its user asks

  /** Frames of this type that came at any level, or at one. */
  framesOf(type: number, level?: Level): SeenFrame[] {
    return this.seen
      .filter((packet) => level === undefined || packet.level === level)
      .flatMap((packet) => packet.frames.filter((one) => one.type === type));
  }

  /** The code that the victim closed with, or undefined. */
  get closeCode(): number | undefined {
    const [close] = [
      ...this.framesOf(FrameType.ConnectionClose),
      ...this.framesOf(FrameType.ApplicationClose),
    ];
    return close?.values[0];
  }

  canWrite(level: Level): boolean {
    return this.writes[level] !== undefined;
  }

  /** Handshake bytes go on at this offset. */
  cryptoOffset(level: Level): number {
    return this.cryptoSent[level]!;
  }

  // Packets

  /** A sealed packet; an Initial of a client is padded to 1200 bytes. Throws an Error when there are no keys. */
  packet(level: Level, payload: Uint8Array, options: AdversaryPacketOptions = {}): Uint8Array {
    const keys = this.writes[level];
    if (keys === undefined) throw new Error(`no keys at level ${level}`);
    const { destination = this.destination, source = this.source, token = NONE, firstByte = 0 } = options;
    const isPadded = level === Level.Initial && this.options.isClient;
    return sealAdversaryPacket({
      level,
      keys,
      number: options.number ?? this.numbers[level]!++,
      destination,
      source,
      token,
      payload,
      leastBytes: isPadded ? (options.bytes ?? 1200) : 0,
      firstByte: level === Level.Application ? firstByte ^ this.writePhase : firstByte,
    });
  }

  /** Go on with the next 1-RTT keys, whether or not that is allowed yet. RFC 9001 §6.1 */
  updateKeys(): void {
    this.writes[Level.Application] = this.writes[Level.Application]!.next();
    this.writePhase ^= KEY_PHASE_BIT;
  }

  /** A Retry to the client that began here, with a tag that is good. */
  forgedRetry(token: Uint8Array = Uint8Array.of(1, 2, 3), source: Uint8Array = this.source): Uint8Array {
    const { crypto } = this.options;
    return encodeRetry(crypto, VERSION_1, this.destination, source, this.originalDestination, token);
  }

  /** A Version Negotiation packet to the client that began here. */
  forgedVersionNegotiation(
    versions: readonly number[] = [0x1a2a3a4a],
    source: Uint8Array = this.originalDestination,
  ): Uint8Array {
    return encodeVersionNegotiation(this.destination, source, versions, 0);
  }

  /** The Initial keys for a connection ID: the client's first, or that of a Retry. */
  installInitial(id: Uint8Array): void {
    const { crypto, isClient } = this.options;
    this.writes[Level.Initial] = initialKeys(crypto, VERSION_1, id, isClient);
    this.reads[Level.Initial] = initialKeys(crypto, VERSION_1, id, !isClient);
  }

  // In

  private open(datagram: Uint8Array, header: PacketHeader): void {
    const level = levelOf(header.type);
    const known = this.reads[level];
    if (known === undefined) return;
    unmaskHeader(datagram, header, known.protection, this.largest[level]!);
    const phase = level === Level.Application ? datagram[header.headerAt]! & KEY_PHASE_BIT : 0;
    const keys = phase === this.readPhase || level !== Level.Application ? known : known.next();
    if (!keys.aead.open(header.packetNumber, datagram, header.headerAt, header.payloadAt, header.packetEnd))
      return;
    this.reads[level] = keys;
    if (level === Level.Application) this.readPhase = phase;
    this.largest[level] = Math.max(this.largest[level]!, header.packetNumber);
    if (!this.answered && header.type !== PacketType.OneRtt) {
      this.answered = true;
      this.destination = datagram.slice(header.scidAt, header.scidAt + header.scidLength);
    }
    const frames = readFrames(datagram, header.payloadAt, header.payloadEnd);
    this.seen.push({ level, number: header.packetNumber, frames, datagramBytes: datagram.length });
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

  // Out

  private drain(): void {
    const { engine } = this;
    if (engine === undefined) return;
    const datagram: Uint8Array[] = [];
    for (let event = engine.nextEvent(); event !== undefined; event = engine.nextEvent())
      this.onEvent(event, datagram);
    if (datagram.length > 0) this.options.deliver(concatBytes(...datagram));
  }

  private onEvent(event: TlsEvent, datagram: Uint8Array[]): void {
    const { options } = this;
    switch (event.type) {
      case 'keys':
        (event.direction === 'read' ? this.reads : this.writes)[event.level] = new PacketKeys(
          options.crypto,
          VERSION_1,
          event.suite,
          event.secret,
        );
        return;
      case 'complete':
        this.complete = true;
        return;
      case 'send': {
        if (this.silent && event.level >= (options.silentFrom ?? Infinity)) {
          this.heldBack.push(event);
          return;
        }
        const bytes = options.edit?.(event.level, event.bytes) ?? event.bytes;
        for (let at = 0; at < bytes.length; at += MAX_CRYPTO) {
          const part = bytes.subarray(at, at + MAX_CRYPTO);
          datagram.push(this.packet(event.level, cryptoFrame(this.cryptoSent[event.level]!, part)));
          this.cryptoSent[event.level]! += part.length;
        }
        return;
      }
      default:
        return;
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
    });
  }

  private accept(datagram: Uint8Array): void {
    const { crypto, identity, chosenAlpn = 'test' } = this.options;
    this.originalDestination = datagram.slice(6, 6 + datagram[5]!);
    const scidAt = 7 + this.originalDestination.length;
    this.destination = datagram.slice(scidAt, scidAt + datagram[scidAt - 1]!);
    this.installInitial(this.originalDestination);
    this.engine = createTlsServer({
      crypto,
      unixTimeMs: () => 0,
      identity: () => identity,
      alpn: () => chosenAlpn,
      transportParameters: () =>
        this.parameters({ originalDestinationConnectionId: this.originalDestination }),
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
/** RFC 9000 §17.3.1 */
const KEY_PHASE_BIT = 0x04;
/** Handshake bytes in one packet. */
const MAX_CRYPTO = 1000;
