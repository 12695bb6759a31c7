import {
  ackFrame,
  AdversaryEndpoint,
  type AdversaryEndpointOptions,
  type AdversaryPacketOptions,
  frame,
  type SeenPacket,
} from '@tsquic/adversary';
import { toHex } from '@tsquic/bytes';
import { PacketType, type TransportParameters } from '@tsquic/quic-core';
import { decodeParameters, FrameType, LONG_FORM, type Version } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import { frameText, payloadText } from './frame-text.ts';
import type { PacketLog } from './packet-log.ts';
import { Inconclusive } from './script.ts';

/** How this end of a conversation behaves; all else is as a normal peer does it. */
export interface ConversationOptions extends Partial<
  Omit<AdversaryEndpointOptions, 'deliver' | 'onPacket' | 'crypto' | 'isClient'>
> {
  /** Whether packets are acknowledged. Default true. */
  readonly acknowledges?: boolean;
  /** Whether a Retry is followed. Default true. */
  readonly followsRetry?: boolean;
}

/** How the other side closed. */
export interface Close {
  readonly code: number;
  /** Whether the frame is that of applications, 0x1d. */
  readonly isApplication: boolean;
  readonly level: Level;
}

/** A connection with the one under test, of which this end sends whatever a script asks for. */
export class Conversation {
  readonly endpoint: AdversaryEndpoint;
  /** Datagrams that came, as they were. */
  readonly datagrams: Uint8Array[] = [];
  /** What of the peer's could not be read, or was wrong in its handshake. */
  fault: string | undefined;
  /** Bytes of datagrams both ways. */
  readonly bytes = { sent: 0, received: 0 };
  acknowledges: boolean;
  private readonly options: ConversationOptions;
  private readonly isClient: boolean;
  private readonly log: PacketLog;
  private readonly leave: (bytes: Uint8Array) => void;
  private readonly version: Version;
  private acknowledged = 0;
  /** Whether a Retry was followed. */
  isRetried = false;
  private confirmed = false;

  constructor(
    options: ConversationOptions & Omit<AdversaryEndpointOptions, 'deliver' | 'onPacket'>,
    version: Version,
    log: PacketLog,
    leave: (bytes: Uint8Array) => void,
  ) {
    this.options = options;
    this.isClient = options.isClient;
    this.version = version;
    this.log = log;
    this.leave = leave;
    this.acknowledges = options.acknowledges ?? true;
    this.endpoint = new AdversaryEndpoint({
      ...options,
      version,
      deliver: (bytes) => this.sendDatagram(bytes),
      onPacket: ({ level, number, payload }) =>
        log.add('sent', `${LEVELS[level]} ${number}  ${payloadText(payload)}`),
    });
  }

  /** Frames in a packet and a datagram of their own. Returns the packet's number. */
  send(level: Level, payload: Uint8Array, options: AdversaryPacketOptions = {}): number {
    const number = options.number ?? this.endpoint.numbers[level]!;
    this.sendDatagram(this.packet(level, payload, options));
    return number;
  }

  /** An encrypted packet. Throws `Inconclusive` while there are no keys. */
  packet(level: Level, payload: Uint8Array, options: AdversaryPacketOptions = {}): Uint8Array {
    if (!this.endpoint.canWrite(level)) throw new Inconclusive(`there are no keys for ${LEVELS[level]}`);
    return this.endpoint.packet(level, payload, options);
  }

  /** Hold nothing back any more: what was kept of the handshake leaves, and the rest when it is made. */
  speakUp(): void {
    this.acknowledges = true;
    this.endpoint.silent = false;
    this.endpoint.sendHeldBack();
  }

  /** Any bytes as a datagram. */
  sendDatagram(bytes: Uint8Array): void {
    this.bytes.sent += bytes.length;
    this.leave(bytes);
  }

  /** A datagram came. */
  take(bytes: Uint8Array): void {
    this.datagrams.push(bytes.slice());
    this.bytes.received += bytes.length;
    const before = this.endpoint.seen.length;
    try {
      this.takePackets(bytes.slice());
    } catch (error) {
      this.fault ??= error instanceof Error ? error.message : String(error);
    }
    const fresh = this.endpoint.seen.slice(before);
    for (const packet of fresh) this.log.add('received', packetText(packet));
    if (fresh.length === 0) this.log.add('received', datagramText(bytes, this.version));
    if (this.acknowledges) this.acknowledge();
    this.confirm();
  }

  /** The packets that could be decrypted, of one level or of all. */
  seen(level?: Level): readonly SeenPacket[] {
    return this.endpoint.seen.filter((packet) => level === undefined || packet.level === level);
  }

  /** Whether the peer has acknowledged this packet. */
  isAcknowledged(level: Level, number: number): boolean {
    const ranges = [
      ...this.endpoint.framesOf(FrameType.Ack, level),
      ...this.endpoint.framesOf(FrameType.AckEcn, level),
    ].map(({ values }) => values);
    return ranges.some((values) =>
      values.some((start, at) => at % 2 === 0 && start <= number && number <= values[at + 1]!),
    );
  }

  /** Whether the handshake is complete and confirmed. */
  get isConfirmed(): boolean {
    if (!this.isClient) return this.confirmed;
    return this.endpoint.complete && this.endpoint.framesOf(FrameType.HandshakeDone).length > 0;
  }

  /** How the peer closed; undefined when it did not. */
  get close(): Close | undefined {
    for (const { level, frames } of this.endpoint.seen)
      for (const { type, values } of frames)
        if (type === FrameType.ConnectionClose || type === FrameType.ApplicationClose)
          return { code: values[0]!, isApplication: type === FrameType.ApplicationClose, level };
    return undefined;
  }

  /** Whether a datagram came that ends in a stateless reset token of the peer. RFC 9000 §10.3 */
  get isReset(): boolean {
    const tokens = this.resetTokens();
    return this.datagrams.some(
      (bytes) => (bytes[0]! & LONG_FORM) === 0 && tokens.has(toHex(bytes.subarray(-16))),
    );
  }

  /** The peer's transport parameters. Throws `Inconclusive` when there are none, or wrong ones. */
  get parameters(): TransportParameters {
    const { peerParameters } = this.endpoint;
    if (peerParameters === undefined) throw new Inconclusive('no transport parameters came');
    try {
      return decodeParameters(peerParameters);
    } catch (error) {
      throw new Inconclusive(`its transport parameters are malformed: ${(error as Error).message}`);
    }
  }

  private takePackets(bytes: Uint8Array): void {
    const retry = this.isClient && !this.isRetried ? retryOf(bytes, this.version) : undefined;
    if (retry !== undefined && this.options.followsRetry !== false) {
      this.isRetried = true;
      this.endpoint.takeRetry(retry.source, retry.token);
      return;
    }
    this.endpoint.take(bytes);
  }

  private acknowledge(): void {
    const fresh = this.endpoint.seen.slice(this.acknowledged);
    this.acknowledged = this.endpoint.seen.length;
    for (const level of new Set(fresh.filter(isAckEliciting).map((packet) => packet.level))) {
      const numbers = fresh.filter((packet) => packet.level === level).map(({ number }) => number);
      if (this.endpoint.canWrite(level)) this.send(level, ackFrame(numbers.sort((a, b) => a - b)));
    }
  }

  private confirm(): void {
    if (this.isClient || this.confirmed || !this.endpoint.complete) return;
    this.confirmed = true;
    this.send(Level.Application, frame(FrameType.HandshakeDone, [], new Uint8Array(4)));
  }

  private resetTokens(): ReadonlySet<string> {
    const given = this.endpoint
      .framesOf(FrameType.NewConnectionId)
      .map(({ data }) => toHex(data.subarray(-16)));
    const first =
      this.endpoint.peerParameters === undefined ? undefined : this.parameters.statelessResetToken;
    return new Set(first === undefined ? given : [toHex(first), ...given]);
  }
}

/** The source and the token of a Retry packet; undefined for any other. RFC 9000 §17.2.5 */
export function retryOf(
  bytes: Uint8Array,
  version: Version,
): { readonly source: Uint8Array; readonly token: Uint8Array } | undefined {
  if (longTypeOf(bytes, version) !== PacketType.Retry) return undefined;
  const scidAt = 6 + bytes[5]!;
  const tokenAt = scidAt + 1 + bytes[scidAt]!;
  return { source: bytes.slice(scidAt + 1, tokenAt), token: bytes.slice(tokenAt, -16) };
}

function longTypeOf(bytes: Uint8Array, version: Version): PacketType | undefined {
  if (bytes.length < 7 || (bytes[0]! & LONG_FORM) === 0) return undefined;
  if (bytes.subarray(1, 5).every((byte) => byte === 0)) return PacketType.VersionNegotiation;
  return version.longTypes[(bytes[0]! >> 4) & 3];
}

function isAckEliciting({ frames }: SeenPacket): boolean {
  return frames.some(({ type }) => !NOT_ELICITING.has(type));
}

function packetText({ level, number, frames }: SeenPacket): string {
  return `${LEVELS[level]} ${number}  ${frames.map(frameText).join(' ') || 'PADDING'}`;
}

function datagramText(bytes: Uint8Array, version: Version): string {
  const type = longTypeOf(bytes, version);
  if (type === PacketType.VersionNegotiation) return 'version negotiation';
  if (type === PacketType.Retry) return 'retry';
  return `${bytes.length} bytes that cannot be decrypted`;
}

/** Names of packets by their level. */
export const LEVELS = ['initial', '0rtt', 'handshake', '1rtt'] as const;
/** RFC 9000 §13.2 */
const NOT_ELICITING: ReadonlySet<number> = new Set([
  FrameType.Ack,
  FrameType.AckEcn,
  FrameType.ConnectionClose,
  FrameType.ApplicationClose,
]);
