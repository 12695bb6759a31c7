import type { ByteReader } from '@tsquic/bytes';
import { Level } from '@tsquic/tls13';
import { encodingError, raise, TransportCode, violation } from '../errors/transport-error.ts';
import { decodeAck } from '../frame/ack.ts';
import { decodeAckFrequency } from '../frame/ack-frequency.ts';
import { decodeClose } from '../frame/close.ts';
import { decodeDatagram } from '../frame/datagram.ts';
import { decodeNewConnectionId } from '../frame/connection-id.ts';
import { decodeCrypto } from '../frame/crypto.ts';
import { decodeStreamCount, MAX_STREAM_COUNT } from '../frame/flow.ts';
import { frameName } from '../frame/names.ts';
import { PATH_DATA_LENGTH } from '../frame/path.ts';
import { frameRule, FrameType, isTypeTooLong, Rule } from '../frame/rules.ts';
import { decodeResetStreamAt } from '../frame/reset-stream-at.ts';
import { decodeStream } from '../frame/stream.ts';
import { decodeResetStream, decodeStopSending } from '../frame/stream-control.ts';
import { decodeNewToken } from '../frame/token.ts';
import type { Datagrams } from '../datagrams/datagrams.ts';
import type { ConnectionFlow } from '../flow/connection-flow.ts';
import type { Handshake } from '../handshake/handshake.ts';
import type { OneRttKeys } from '../keys/update.ts';
import type { LocalIds } from '../ids/local-ids.ts';
import type { PeerIds } from '../ids/peer-ids.ts';
import type { Multipath } from '../multipath/multipath.ts';
import type { PacketHeader } from '../packet/header.ts';
import type { Path } from '../path/path.ts';
import type { Paths } from '../path/paths.ts';
import type { AckFrequency } from '../recovery/ack-frequency.ts';
import type { Recovery } from '../recovery/recovery.ts';
import type { PacketSpace } from '../spaces/packet-space.ts';
import type { Streams } from '../streams/streams.ts';
import { PacketType } from '../version/packet-type.ts';
import type { Life } from './life.ts';
import type { Workbench } from './workbench.ts';

/** The parts that own frames. */
export interface FrameOwners {
  readonly isClient: boolean;
  readonly keys: { readonly oneRtt: OneRttKeys };
  readonly recovery: Recovery;
  readonly handshake: Handshake;
  readonly flow: ConnectionFlow;
  readonly streams: Streams;
  readonly localIds: LocalIds;
  readonly peerIds: PeerIds;
  readonly paths: Paths;
  readonly datagrams: Datagrams;
  readonly ackFrequency: AckFrequency | undefined;
  readonly multipath: Multipath | undefined;
  readonly life: Life;
  readonly workbench: Workbench;
  onToken(token: Uint8Array): void;
}

/** What a payload did, as bits. */
export const Effect = { AckEliciting: 1, NonProbing: 2 } as const;

/** Takes the frames of a payload to their owners. RFC 9000 §12.4 */
export class Receiver {
  private readonly owners: FrameOwners;
  private readonly bench: Workbench;
  private readonly reader: ByteReader;

  constructor(owners: FrameOwners) {
    this.owners = owners;
    this.bench = owners.workbench;
    this.reader = owners.workbench.frames;
  }

  /** Every frame of an authentic packet; returns `Effect` bits. Throws `TransportError` when one is wrong. */
  onPayload(
    bytes: Uint8Array,
    header: PacketHeader,
    level: Level,
    space: PacketSpace,
    path: Path,
    nowUs: number,
  ): number {
    const { reader } = this;
    reader.reset(bytes, header.payloadAt, header.payloadEnd);
    if (reader.remaining === 0) violation(0, 'a packet without frames');
    this.owners.streams.table.isEarly = level === Level.EarlyData;
    let effects = 0;
    while (reader.position < reader.end) {
      const at = reader.position;
      const type = reader.varint();
      const rule = reader.truncated ? 0 : frameRule(type);
      if (rule === 0) encodingError(type, 'unknown frame');
      if (isTypeTooLong(type, reader.position - at))
        violation(type, 'a frame type in more bytes than it needs');
      if ((rule & (1 << level)) === 0 || (level === Level.EarlyData && type === FrameType.RetireConnectionId))
        violation(type, `${frameName(type)} in the wrong packet`);
      if ((rule & Rule.AckEliciting) !== 0) effects |= Effect.AckEliciting;
      if ((rule & Rule.Probing) === 0) effects |= Effect.NonProbing;
      this.onFrame(type, bytes, header, level, space, path, nowUs);
      if (reader.truncated) encodingError(type, `${frameName(type)} is cut short`);
    }
    return effects;
  }

  private onFrame(
    type: number,
    bytes: Uint8Array,
    header: PacketHeader,
    level: Level,
    space: PacketSpace,
    path: Path,
    nowUs: number,
  ): void {
    const { reader, owners } = this;
    if (type >= FrameType.Stream && type < FrameType.MaxData) {
      decodeStream(reader, type, this.bench.stream);
      if (reader.truncated) return;
      if (
        this.bench.stream.offset + this.bench.stream.dataEnd - this.bench.stream.dataAt >=
        Number.MAX_SAFE_INTEGER
      )
        raise(TransportCode.FlowControl, type, 'a stream offset beyond any limit');
      owners.streams.receiving.onStream(this.bench.stream, bytes);
      return;
    }
    switch (type) {
      case FrameType.Padding:
        return this.skipPadding(bytes);
      case FrameType.Ping:
        return;
      case FrameType.Ack:
      case FrameType.AckEcn:
      case FrameType.PathAck:
      case FrameType.PathAckEcn:
        return this.onAck(type, level, space, nowUs);
      case FrameType.Crypto:
        decodeCrypto(reader, this.bench.crypto);
        if (!reader.truncated) owners.handshake.onCrypto(level, this.bench.crypto, bytes);
        return;
      case FrameType.ImmediateAck:
      case FrameType.AckFrequency:
        return this.onAckRequest(type, space, nowUs);
      case FrameType.Datagram:
      case FrameType.DatagramWithLength:
        return this.onDatagram(type, bytes);
      default:
        return this.onRareFrame(type, header, path, nowUs);
    }
  }

  /** ACK_FREQUENCY and IMMEDIATE_ACK are known frames only where this end has sent min_ack_delay. */
  private onAckRequest(type: number, { receiving }: PacketSpace, nowUs: number): void {
    const { ackFrequency } = this.owners;
    if (ackFrequency === undefined) encodingError(type, 'unknown frame');
    if (type === FrameType.ImmediateAck) return receiving.policy.answerAtOnce(nowUs);
    const frame = decodeAckFrequency(this.reader);
    if (!this.reader.truncated) ackFrequency.onFrame(frame, receiving.policy);
  }

  private onDatagram(type: number, bytes: Uint8Array): void {
    const { reader, owners } = this;
    const { datagram } = this.bench;
    if (!owners.datagrams.isTaking) violation(type, `${frameName(type)} though we take none`);
    const at = reader.position - 1;
    decodeDatagram(reader, type, datagram);
    if (reader.truncated) return;
    owners.datagrams.onDatagram(type, bytes, datagram.dataAt, datagram.dataEnd, reader.position - at);
  }

  private onAck(type: number, level: Level, space: PacketSpace, nowUs: number): void {
    const { reader, owners } = this;
    const { ack } = this.bench;
    if (type >= FrameType.PathAck) this.knowPaths(type);
    if (!decodeAck(reader, type, ack)) encodingError(type, 'a range below packet number 0');
    if (reader.truncated) return;
    const { pathId } = ack;
    const acked =
      type >= FrameType.PathAck ? owners.multipath!.acknowledged(pathId, type, space.pathId) : owners;
    if (acked === undefined) return;
    if (level !== Level.Application) return owners.recovery.onAck(space, ack, nowUs);
    owners.keys.oneRtt.checkAck(ack.largest, type, pathId);
    acked.recovery.onAck(acked.paths.active.space, ack, nowUs);
  }

  private onRareFrame(type: number, header: PacketHeader, path: Path, nowUs: number): void {
    const { reader, owners } = this;
    if (type === FrameType.PathChallenge || type === FrameType.PathResponse)
      return this.onPathFrame(type, path, nowUs);
    if (type >= FrameType.PathAbandon) {
      this.knowPaths(type);
      return owners.multipath!.onFrame(type, reader, header, nowUs);
    }
    switch (type) {
      case FrameType.ResetStream:
        decodeResetStream(reader, this.bench.streamControl);
        if (!reader.truncated) owners.streams.receiving.onReset(this.bench.streamControl);
        return;
      case FrameType.ResetStreamAt:
        return this.onResetStreamAt();
      case FrameType.StopSending:
        decodeStopSending(reader, this.bench.streamControl);
        if (!reader.truncated) owners.streams.sending.onStopSending(this.bench.streamControl);
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

  /** Frames of multipath are known only where both ends offer it. draft-ietf-quic-multipath §2 */
  private knowPaths(type: number): void {
    if (this.owners.multipath === undefined) encodingError(type, 'unknown frame');
  }

  private onResetStreamAt(): void {
    const { receiving } = this.owners.streams;
    const frame = this.bench.resetStreamAt;
    if (!receiving.takesResetAt) encodingError(FrameType.ResetStreamAt, 'unknown frame');
    decodeResetStreamAt(this.reader, frame);
    if (this.reader.truncated) return;
    if (frame.reliableSize > frame.finalSize)
      encodingError(FrameType.ResetStreamAt, 'more reliable bytes than there are');
    receiving.onResetAt(frame);
  }

  private onPathFrame(type: number, path: Path, nowUs: number): void {
    const data = this.reader.copy(PATH_DATA_LENGTH);
    if (this.reader.truncated) return;
    if (type === FrameType.PathChallenge) path.validation.onChallenge(data);
    else this.pathsOf(path).onResponse(data, nowUs);
  }

  /** The addresses of the path ID that a packet came on, for a response comes on that. draft-ietf-quic-multipath §3.1 */
  private pathsOf({ space: { pathId } }: Path): Paths {
    const { multipath, paths } = this.owners;
    return multipath?.partsOf(pathId).paths ?? paths;
  }

  private onClose(type: number): void {
    const frame = decodeClose(this.reader, type);
    if (!this.reader.truncated) this.owners.life.onPeerClose(frame);
  }

  private onNewConnectionId(): void {
    const frame = decodeNewConnectionId(this.reader, FrameType.NewConnectionId);
    if (this.reader.truncated) return;
    if (frame === undefined) encodingError(FrameType.NewConnectionId, 'impossible values');
    const { multipath } = this.owners;
    if (multipath?.isOver(0) === true) return;
    multipath?.table.checkIssued(0, frame.connectionId, FrameType.NewConnectionId);
    this.owners.peerIds.onNew(frame);
    this.owners.paths.replaceRetired();
  }

  private onRetireConnectionId({ dcidAt, dcidLength }: PacketHeader): void {
    const { reader } = this;
    const sequence = reader.varint();
    if (reader.truncated || this.owners.multipath?.isOver(0) === true) return;
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
    const { flow, streams } = owners;
    if (isAboutStreamCount(type)) return this.onStreamCount(type);
    const first = reader.varint();
    const second =
      type === FrameType.MaxStreamData || type === FrameType.StreamDataBlocked ? reader.varint() : 0;
    if (reader.truncated) return;
    switch (type) {
      case FrameType.MaxData:
        return flow.onMaxData(first);
      case FrameType.MaxStreamData:
        return streams.sending.onMaxStreamData(first, second);
      case FrameType.DataBlocked:
        return flow.onDataBlocked();
      case FrameType.StreamDataBlocked:
        return streams.receiving.onStreamDataBlocked(first);
      default:
        return;
    }
  }

  /** MAX_STREAMS and STREAMS_BLOCKED. */
  private onStreamCount(type: number): void {
    const { reader, owners } = this;
    const count = decodeStreamCount(reader);
    if (reader.truncated) return;
    // RFC 9000 §19.11, §19.14
    if (count > MAX_STREAM_COUNT) encodingError(type, 'a stream count above 2^60');
    const { table } = owners.streams;
    if (type === FrameType.MaxStreamsBidi) table.bidirectional.onMaxStreams(count);
    if (type === FrameType.MaxStreamsUni) table.unidirectional.onMaxStreams(count);
    owners.streams.onMoreStreams();
    if (type === FrameType.StreamsBlockedBidi) table.bidirectional.announceFree();
    if (type === FrameType.StreamsBlockedUni) table.unidirectional.announceFree();
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
