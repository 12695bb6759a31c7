import { ByteReader } from '@tsquic/bytes';
import type { Level } from '@tsquic/tls13';
import { TransportCode, TransportError } from '../errors/transport-error.ts';
import { createAckFrame, decodeAck } from '../frame/ack.ts';
import { type CloseFrame, decodeClose } from '../frame/close.ts';
import { decodeNewConnectionId } from '../frame/connection-id.ts';
import { createCryptoFrame, decodeCrypto } from '../frame/crypto.ts';
import { decodeStreamCount, MAX_STREAM_COUNT } from '../frame/flow.ts';
import { frameName } from '../frame/names.ts';
import { PATH_DATA_LENGTH } from '../frame/path.ts';
import { frameRule, FrameType, Rule } from '../frame/rules.ts';
import { createStreamFrame, decodeStream } from '../frame/stream.ts';
import { createStreamControlFrame, decodeResetStream, decodeStopSending } from '../frame/stream-control.ts';
import { decodeNewToken } from '../frame/token.ts';
import type { Handshake } from '../handshake/handshake.ts';
import type { LocalIds } from '../ids/local-ids.ts';
import type { PeerIds } from '../ids/peer-ids.ts';
import { type PacketHeader, PacketType } from '../packet/header.ts';
import type { Path } from '../path/path.ts';
import type { Paths } from '../path/paths.ts';
import type { Recovery } from '../recovery/recovery.ts';
import { Space } from '../spaces/spaces.ts';
import type { Streams } from '../streams/streams.ts';

/** Those who own frames. */
export interface FrameOwners {
  readonly isClient: boolean;
  readonly recovery: Recovery;
  readonly handshake: Handshake;
  readonly streams: Streams;
  readonly localIds: LocalIds;
  readonly peerIds: PeerIds;
  readonly paths: Paths;
  onPeerClose(frame: CloseFrame): void;
  onToken(token: Uint8Array): void;
}

/** What a payload did, as bits. */
export const Effect = { AckEliciting: 1, NonProbing: 2 } as const;

const LEVEL_RULES: readonly number[] = [Rule.Initial, Rule.ZeroRtt, Rule.Handshake, Rule.OneRtt];
const LEVEL_SPACES: readonly Space[] = [Space.Initial, Space.Application, Space.Handshake, Space.Application];

/** The packet number space of an encryption level. */
export function spaceOf(level: Level): Space {
  return LEVEL_SPACES[level]!;
}

/** One of each serves all connections: a frame is done with before the next is read. */
const READER = new ByteReader();
const ACK = createAckFrame();
const STREAM = createStreamFrame();
const CRYPTO = createCryptoFrame();
const STREAM_CONTROL = createStreamControlFrame();

/** Takes the frames of a payload to their owners. RFC 9000 §12.4 */
export class Receiver {
  private readonly owners: FrameOwners;
  private readonly reader = READER;
  private readonly ack = ACK;
  private readonly stream = STREAM;
  private readonly crypto = CRYPTO;
  private readonly streamControl = STREAM_CONTROL;

  constructor(owners: FrameOwners) {
    this.owners = owners;
  }

  /** Every frame of an authentic packet; returns `Effect` bits. Throws `TransportError` when one is wrong. */
  onPayload(bytes: Uint8Array, header: PacketHeader, level: Level, path: Path, nowUs: number): number {
    const { reader } = this;
    reader.reset(bytes, header.payloadAt, header.payloadEnd);
    if (reader.remaining === 0)
      throw new TransportError(TransportCode.ProtocolViolation, 0, 'a packet without frames');
    let effects = 0;
    while (reader.position < reader.end) {
      const at = reader.position;
      const type = reader.varint();
      const rule = reader.truncated ? 0 : frameRule(type);
      if (rule === 0) encodingError(type, 'unknown frame');
      // The type must be in its shortest encoding, which for all of these is one byte. RFC 9000 §12.4
      if (reader.position !== at + 1) violation(type, 'a frame type in more bytes than it needs');
      if ((rule & LEVEL_RULES[level]!) === 0) violation(type, `${frameName(type)} in the wrong packet`);
      if ((rule & Rule.AckEliciting) !== 0) effects |= Effect.AckEliciting;
      if ((rule & Rule.Probing) === 0) effects |= Effect.NonProbing;
      this.onFrame(type, bytes, header, level, path, nowUs);
      if (reader.truncated) encodingError(type, `${frameName(type)} is cut short`);
    }
    return effects;
  }

  private onFrame(
    type: number,
    bytes: Uint8Array,
    header: PacketHeader,
    level: Level,
    path: Path,
    nowUs: number,
  ): void {
    const { reader, owners } = this;
    if (type >= FrameType.Stream && type < FrameType.MaxData) {
      decodeStream(reader, type, this.stream);
      if (reader.truncated) return;
      if (this.stream.offset + this.stream.dataEnd - this.stream.dataAt >= Number.MAX_SAFE_INTEGER)
        throw new TransportError(TransportCode.FlowControl, type, 'a stream offset beyond any limit');
      owners.streams.onStream(this.stream, bytes);
      return;
    }
    switch (type) {
      case FrameType.Padding:
        return this.skipPadding(bytes);
      case FrameType.Ping:
        return;
      case FrameType.Ack:
      case FrameType.AckEcn:
        return this.onAck(type, level, nowUs);
      case FrameType.Crypto:
        decodeCrypto(reader, this.crypto);
        if (!reader.truncated) owners.handshake.onCrypto(level, this.crypto, bytes);
        return;
      default:
        return this.onRareFrame(type, header, path);
    }
  }

  private onAck(type: number, level: Level, nowUs: number): void {
    const { reader, owners, ack } = this;
    if (!decodeAck(reader, type, ack)) encodingError(type, 'a range below packet number 0');
    if (reader.truncated) return;
    owners.recovery.onAck(spaceOf(level), ack, nowUs);
  }

  private onRareFrame(type: number, header: PacketHeader, path: Path): void {
    const { reader, owners } = this;
    if (type === FrameType.PathChallenge || type === FrameType.PathResponse)
      return this.onPathFrame(type, path);
    switch (type) {
      case FrameType.ResetStream:
        decodeResetStream(reader, this.streamControl);
        if (!reader.truncated) owners.streams.onReset(this.streamControl);
        return;
      case FrameType.StopSending:
        decodeStopSending(reader, this.streamControl);
        if (!reader.truncated) owners.streams.onStopSending(this.streamControl);
        return;
      case FrameType.NewConnectionId:
        return this.onNewConnectionId();
      case FrameType.RetireConnectionId:
        return this.onRetireConnectionId(header);
      case FrameType.ConnectionClose:
      case FrameType.ApplicationClose:
        return this.onClose(type);
      case FrameType.HandshakeDone:
        if (!owners.isClient) violation(type, 'HANDSHAKE_DONE from a client');
        return owners.handshake.onDone();
      case FrameType.NewToken:
        return this.onNewToken();
      default:
        return this.onLimit(type);
    }
  }

  private onPathFrame(type: number, path: Path): void {
    const data = this.reader.copy(PATH_DATA_LENGTH);
    if (this.reader.truncated) return;
    if (type === FrameType.PathChallenge) path.validation.onChallenge(data);
    else this.owners.paths.onResponse(data);
  }

  private onClose(type: number): void {
    const frame = decodeClose(this.reader, type);
    if (!this.reader.truncated) this.owners.onPeerClose(frame);
  }

  private onNewConnectionId(): void {
    const frame = decodeNewConnectionId(this.reader);
    if (this.reader.truncated) return;
    if (frame === undefined) encodingError(FrameType.NewConnectionId, 'impossible values');
    this.owners.peerIds.onNew(frame);
  }

  private onRetireConnectionId({ dcidAt, dcidLength }: PacketHeader): void {
    const { reader } = this;
    const sequence = reader.varint();
    if (reader.truncated) return;
    this.owners.localIds.onRetired(sequence, reader.bytes.subarray(dcidAt, dcidAt + dcidLength));
  }

  private onNewToken(): void {
    if (!this.owners.isClient) violation(FrameType.NewToken, 'NEW_TOKEN from a client');
    const token = decodeNewToken(this.reader);
    if (this.reader.truncated) return;
    if (token === undefined) encodingError(FrameType.NewToken, 'an empty token');
    this.owners.onToken(token);
  }

  /** Frames that are a type and one or two integers. */
  private onLimit(type: number): void {
    const { reader, owners } = this;
    const { streams } = owners;
    if (isAboutStreamCount(type)) return this.onStreamCount(type);
    const first = reader.varint();
    const second =
      type === FrameType.MaxStreamData || type === FrameType.StreamDataBlocked ? reader.varint() : 0;
    if (reader.truncated) return;
    switch (type) {
      case FrameType.MaxData:
        return streams.onMaxData(first);
      case FrameType.MaxStreamData:
        return streams.onMaxStreamData(first, second);
      case FrameType.DataBlocked:
        return streams.onDataBlocked();
      case FrameType.StreamDataBlocked:
        return streams.onStreamDataBlocked(first);
      default:
        return;
    }
  }

  /** MAX_STREAMS and STREAMS_BLOCKED. */
  private onStreamCount(type: number): void {
    const { reader, owners } = this;
    const count = decodeStreamCount(reader);
    if (reader.truncated) return;
    if (count > MAX_STREAM_COUNT) encodingError(type, 'a stream count above 2^60');
    if (type === FrameType.MaxStreamsBidi) owners.streams.onMaxStreams(count, false);
    if (type === FrameType.MaxStreamsUni) owners.streams.onMaxStreams(count, true);
    if (type === FrameType.StreamsBlockedBidi) owners.streams.onStreamsBlocked(false);
    if (type === FrameType.StreamsBlockedUni) owners.streams.onStreamsBlocked(true);
  }

  private skipPadding(bytes: Uint8Array): void {
    const { reader } = this;
    let at = reader.position;
    while (at < reader.end && bytes[at] === 0) at++;
    reader.position = at;
  }
}

/**
 * Whether only the other role may send such a packet, or such a header: a server's Initial carries no token.
 * RFC 9000 §17.2.2, §17.2.3, §17.2.5
 */
export function isFromWrongRole({ type, tokenLength }: PacketHeader, weAreClient: boolean): boolean {
  return weAreClient
    ? type === PacketType.ZeroRtt || (type === PacketType.Initial && tokenLength > 0)
    : type === PacketType.Retry || type === PacketType.VersionNegotiation;
}

function isAboutStreamCount(type: number): boolean {
  return (
    type === FrameType.MaxStreamsBidi ||
    type === FrameType.MaxStreamsUni ||
    type === FrameType.StreamsBlockedBidi ||
    type === FrameType.StreamsBlockedUni
  );
}

function encodingError(type: number, reason: string): never {
  throw new TransportError(TransportCode.FrameEncoding, type, reason);
}

function violation(type: number, reason: string): never {
  throw new TransportError(TransportCode.ProtocolViolation, type, reason);
}
