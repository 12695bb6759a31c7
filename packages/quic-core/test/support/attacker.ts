import { ByteWriter, concatBytes } from '@tsquic/bytes';
import { type CryptoProvider, TAG_LENGTH } from '@tsquic/crypto';
import {
  createTlsClient,
  createTlsServer,
  type Identity,
  Level,
  skipCertificateCheck,
  type TlsEngine,
  type TlsEvent,
} from '@tsquic/tls13';
import type { Address } from '../../src/context/address.ts';
import type { QuicContext } from '../../src/context/context.ts';
import { createOutgoingDatagram } from '../../src/context/outgoing-datagram.ts';
import { FrameType } from '../../src/frame/rules.ts';
import {
  defaultParameters,
  encodeParameters,
  type TransportParameters,
} from '../../src/handshake/parameters.ts';
import { initialKeys } from '../../src/keys/initial.ts';
import { levelOf } from '../../src/keys/keys.ts';
import { PacketKeys } from '../../src/keys/packet-keys.ts';
import { FIXED_BIT, LONG_FORM, type PacketHeader, PacketType } from '../../src/packet/header.ts';
import { protectPacket, unmaskHeader } from '../../src/packet/protection.ts';
import { PacketReader } from '../../src/packet/reader.ts';
import { encodeRetry } from '../../src/packet/retry.ts';
import { encodeVersionNegotiation } from '../../src/packet/version-negotiation.ts';
import { Reassembly } from '../../src/streams/reassembly.ts';
import { VERSION_1 } from '../../src/version/versions.ts';
import { cryptoFrame, frame, readFrames, type SeenFrame } from './frames.ts';

/** Where an attacker is, unless told otherwise. */
export const ATTACKER: Address = { ip: '192.0.2.66', port: 6666 };
export const VICTIM: Address = { ip: '192.0.2.1', port: 443 };

export interface AttackerOptions {
  readonly victim: QuicContext;
  readonly crypto: CryptoProvider;
  readonly isClient: boolean;
  /** Needed to be a server. */
  readonly identity?: Identity;
  readonly address?: Address;
  /** What a client offers. Default: 'test'. */
  readonly alpn?: readonly string[];
  /** What a server chooses, offered or not. Default: 'test'. */
  readonly chosenAlpn?: string;
  /** Every datagram that leaves, as it is. */
  readonly onDeliver?: (bytes: Uint8Array) => void;
  /** Change the transport parameters, which are right otherwise; returned bytes replace all of them. */
  readonly parameters?: (parameters: TransportParameters) => Uint8Array | void;
  /** Change the handshake bytes of a level before they leave. */
  readonly edit?: (level: Level, bytes: Uint8Array) => Uint8Array;
  /** Send no handshake bytes of this level and above: the victim stays half-way. */
  readonly silentFrom?: Level;
}

/** What a packet is besides its frames. */
export interface PacketOptions {
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
 * One end of a connection that speaks valid TLS and valid packet protection, and says whatever a test wants. There
 * is no loss and no recovery here: what is sent arrives, in order, at once.
 */
export class Attacker {
  nowUs = 1_000_000;
  readonly victim: QuicContext;
  /** Every packet of the victim, in order. */
  readonly seen: SeenPacket[] = [];
  /** Datagrams and bytes both ways. */
  readonly sent = { datagrams: 0, bytes: 0 };
  readonly received = { datagrams: 0, bytes: 0 };
  complete = false;
  /** Peer's connection ID: destination of what we send. */
  destination: Uint8Array;
  readonly source: Uint8Array = Uint8Array.of(0xa, 0xb, 0xc, 0xd, 1, 2, 3, 4);
  readonly address: Address;
  /** What the client's first Initial was sent to. */
  originalDestination: Uint8Array;
  /** Next packet number by level. */
  readonly numbers: number[] = [0, 0, 0, 0];
  private readonly options: AttackerOptions;
  private readonly writes: (PacketKeys | undefined)[] = [undefined, undefined, undefined, undefined];
  private readonly reads: (PacketKeys | undefined)[] = [undefined, undefined, undefined, undefined];
  private readonly largest = [-1, -1, -1, -1];
  private readonly streams = [0, 1, 2, 3].map(() => new Reassembly());
  private readonly cryptoSent = [0, 0, 0, 0];
  private readonly reader = new PacketReader(8);
  private readonly out = createOutgoingDatagram(new Uint8Array(1500));
  /** Whether handshake bytes are held back, from `silentFrom` on. */
  silent = true;
  private readonly heldBack: { readonly level: Level; readonly bytes: Uint8Array }[] = [];
  private engine: TlsEngine | undefined;
  private answered = false;

  constructor(options: AttackerOptions) {
    this.options = options;
    this.victim = options.victim;
    this.address = options.address ?? ATTACKER;
    this.destination = new Uint8Array(8);
    options.crypto.random(this.destination);
    this.originalDestination = this.destination;
    if (!options.isClient) return;
    this.installInitial(this.destination);
    this.engine = this.createClient();
  }

  // The handshake

  /** A client's part: say hello, and answer as long as there is something to answer. */
  connect(): this {
    this.engine!.start();
    this.drain();
    this.pump();
    return this;
  }

  /** Send the handshake bytes that were held back, and take what comes of it. */
  finish(): this {
    for (const { level, bytes } of this.heldBack.splice(0))
      this.deliver(this.packet(level, cryptoFrame(0, bytes)));
    return this.pump();
  }

  /** Take everything that the victim sends now, and answer its handshake. */
  pump(): this {
    const { victim } = this.options;
    while (victim.prepareNextPacket(this.out, this.nowUs) > 0) {
      const { buffer, length, to } = this.out;
      if (to.ip !== this.address.ip || to.port !== this.address.port) continue;
      this.received.datagrams++;
      this.received.bytes += length;
      this.take(buffer.slice(0, length));
    }
    return this;
  }

  /** Let time pass, and take what the victim sends meanwhile. */
  pass(durationUs: number): this {
    const untilUs = this.nowUs + durationUs;
    for (;;) {
      this.pump();
      const delayUs = this.options.victim.nextWakeDelay(this.nowUs, untilUs - this.nowUs);
      if (this.nowUs + delayUs >= untilUs) break;
      this.nowUs += Math.max(1, Math.ceil(delayUs));
    }
    this.nowUs = untilUs;
    return this.pump();
  }

  // What tests ask

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

  /** Read a datagram of the victim that a test took by itself. */
  takeDatagram(bytes: Uint8Array): this {
    this.take(bytes);
    return this;
  }

  // Packets

  /** Frames in a packet of their own, in a datagram of its own; then what the victim says to it. */
  send(level: Level, payload: Uint8Array, options: PacketOptions = {}): this {
    this.deliver(this.packet(level, payload, options));
    return this.pump();
  }

  /** A datagram arrives at the victim. */
  deliver(bytes: Uint8Array, from: Address = this.address): void {
    this.sent.datagrams++;
    this.sent.bytes += bytes.length;
    this.options.onDeliver?.(bytes);
    this.options.victim.incomingPacket(bytes, from, VICTIM, 0, 0, this.nowUs);
  }

  /** A sealed packet; an Initial of a client is padded to 1200 bytes. */
  packet(level: Level, payload: Uint8Array, options: PacketOptions = {}): Uint8Array {
    const keys = this.writes[level];
    if (keys === undefined) throw new Error(`no keys at level ${level}`);
    const { destination = this.destination, source = this.source, token = NONE } = options;
    const number = options.number ?? this.numbers[level]!++;
    const isLong = level !== Level.Application;
    const head = isLong
      ? 7 + destination.length + source.length + (level === Level.Initial ? 4 + token.length : 0) + 2
      : 1 + destination.length;
    const minimum =
      level === Level.Initial && this.options.isClient ? (options.bytes ?? 1200) - head - 4 - TAG_LENGTH : 0;
    const bytes = new Uint8Array(head + 4 + Math.max(payload.length, minimum) + TAG_LENGTH);
    const writer = new ByteWriter(bytes);
    if (isLong) {
      writer.u8(LONG_FORM | FIXED_BIT | (LONG_TYPES[level]! << 4) | 3);
      writer.u32(VERSION_1.id);
      writer.u8(destination.length);
      writer.bytes(destination);
      writer.u8(source.length);
      writer.bytes(source);
      if (level === Level.Initial) writer.varintOf(token.length, 4);
      if (level === Level.Initial) writer.bytes(token);
      writer.u16(0x4000 | (bytes.length - head));
    } else {
      writer.u8(FIXED_BIT | 3);
      writer.bytes(destination);
    }
    bytes[0] = bytes[0]! ^ (options.firstByte ?? 0);
    const numberAt = writer.position;
    writer.u32(number);
    const payloadAt = writer.position;
    writer.bytes(payload);
    protectPacket(
      bytes,
      0,
      numberAt,
      payloadAt,
      bytes.length - TAG_LENGTH,
      number,
      keys.aead,
      keys.protection,
    );
    return bytes;
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

  canWrite(level: Level): boolean {
    return this.writes[level] !== undefined;
  }

  /** Handshake bytes go on at this offset. */
  cryptoOffset(level: Level): number {
    return this.cryptoSent[level]!;
  }

  /** The Initial keys for a connection ID: the client's first, or that of a Retry. */
  installInitial(id: Uint8Array): void {
    const { crypto, isClient } = this.options;
    this.writes[Level.Initial] = initialKeys(crypto, VERSION_1, id, isClient);
    this.reads[Level.Initial] = initialKeys(crypto, VERSION_1, id, !isClient);
  }

  // In

  private take(datagram: Uint8Array): void {
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

  private open(datagram: Uint8Array, header: PacketHeader): void {
    const level = levelOf(header.type);
    const keys = this.reads[level];
    if (keys === undefined) return;
    unmaskHeader(datagram, header, keys.protection, this.largest[level]!);
    if (!keys.aead.open(header.packetNumber, datagram, header.headerAt, header.payloadAt, header.packetEnd))
      return;
    this.largest[level] = Math.max(this.largest[level]!, header.packetNumber);
    if (!this.answered && header.type !== PacketType.OneRtt) {
      this.answered = true;
      this.destination = datagram.slice(header.scidAt, header.scidAt + header.scidLength);
    }
    const frames = readFrames(datagram, header.payloadAt, header.payloadEnd);
    this.seen.push({ level, number: header.packetNumber, frames, datagramBytes: datagram.length });
    for (const { type, values, data } of frames) {
      if (type !== FrameType.Crypto) continue;
      const stream = this.streams[level]!;
      stream.add(values[0]!, data, 0, data.length);
      const ready = new Uint8Array(stream.readableBytes);
      stream.read(ready);
      this.engine!.provide(level, ready);
      this.drain();
    }
  }

  // Out

  private drain(): void {
    const { engine } = this;
    if (engine === undefined) return;
    const datagram: Uint8Array[] = [];
    for (let event = engine.nextEvent(); event !== undefined; event = engine.nextEvent())
      this.onEvent(event, datagram);
    if (datagram.length > 0) this.deliver(concatBytes(...datagram));
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

/** PING, for a packet that must be acknowledged. */
export const PING: Uint8Array = frame(FrameType.Ping);
/** Padding for packets that would be too short for a header-protection sample. */
export const PADDING: Uint8Array = new Uint8Array(4);
const NONE = new Uint8Array(0);
const LONG_TYPES: readonly number[] = [PacketType.Initial, PacketType.ZeroRtt, PacketType.Handshake];
/** Handshake bytes in one packet. */
const MAX_CRYPTO = 1000;
