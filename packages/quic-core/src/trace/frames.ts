import { ByteReader, toHex } from '@tsquic/bytes';
import { createAckFrame, decodeAck } from '../frame/ack.ts';
import { decodeAckFrequency } from '../frame/ack-frequency.ts';
import { decodeClose } from '../frame/close.ts';
import { decodeNewConnectionId } from '../frame/connection-id.ts';
import { createCryptoFrame, decodeCrypto } from '../frame/crypto.ts';
import { createDatagramFrame, decodeDatagram } from '../frame/datagram.ts';
import { decodePathNumbers } from '../frame/multipath.ts';
import { PATH_DATA_LENGTH } from '../frame/path.ts';
import { FrameType } from '../frame/rules.ts';
import { createResetStreamAtFrame, decodeResetStreamAt } from '../frame/reset-stream-at.ts';
import { createStreamFrame, decodeStream } from '../frame/stream.ts';
import { createStreamControlFrame, decodeResetStream, decodeStopSending } from '../frame/stream-control.ts';

/** One frame as a plain record. `length` counts its bytes on the wire; bytes are hexadecimal. RFC 9000 §19 */
export type FrameRecord = FrameContent & { readonly length: number };

type FrameContent =
  | { readonly type: 'padding' | 'ping' | 'handshake_done' }
  | {
      readonly type: 'ack';
      /** In a PATH_ACK frame, the path whose packets it acknowledges. draft-ietf-quic-multipath §4.1 */
      readonly pathId?: number;
      /** As on the wire: in units of the sender's ack_delay_exponent. */
      readonly rawDelay: number;
      /** Inclusive, newest first. */
      readonly ranges: readonly (readonly [first: number, last: number])[];
      readonly ecn: { readonly ect0: number; readonly ect1: number; readonly ce: number } | undefined;
    }
  | {
      readonly type: 'reset_stream';
      readonly streamId: number;
      readonly code: number;
      readonly finalSize: number;
    }
  | {
      readonly type: 'reset_stream_at';
      readonly streamId: number;
      readonly code: number;
      readonly finalSize: number;
      readonly reliableSize: number;
    }
  | { readonly type: 'stop_sending'; readonly streamId: number; readonly code: number }
  | { readonly type: 'crypto'; readonly offset: number; readonly dataLength: number }
  | { readonly type: 'new_token'; readonly tokenLength: number }
  | {
      readonly type: 'stream';
      readonly streamId: number;
      readonly offset: number;
      readonly dataLength: number;
      readonly fin: boolean;
    }
  | { readonly type: 'max_data' | 'data_blocked'; readonly limit: number }
  | {
      readonly type: 'max_stream_data' | 'stream_data_blocked';
      readonly streamId: number;
      readonly limit: number;
    }
  | {
      readonly type: 'max_streams' | 'streams_blocked';
      readonly unidirectional: boolean;
      readonly limit: number;
    }
  | {
      readonly type: 'new_connection_id';
      readonly sequence: number;
      readonly retirePriorTo: number;
      readonly connectionId: string;
    }
  | { readonly type: 'retire_connection_id'; readonly sequence: number }
  | { readonly type: 'path_challenge' | 'path_response'; readonly data: string }
  | {
      readonly type: 'connection_close';
      readonly application: boolean;
      readonly code: number;
      readonly frameType: number;
      readonly reason: string;
    }
  | { readonly type: 'datagram'; readonly dataLength: number }
  | { readonly type: 'immediate_ack' }
  | {
      readonly type: 'ack_frequency';
      readonly sequence: number;
      readonly threshold: number;
      readonly maxAckDelayUs: number;
      readonly reordering: number;
    }
  | {
      readonly type: 'path_new_connection_id';
      readonly pathId: number;
      readonly sequence: number;
      readonly retirePriorTo: number;
      readonly connectionId: string;
    }
  | { readonly type: 'path_retire_connection_id'; readonly pathId: number; readonly sequence: number }
  | { readonly type: 'path_abandon'; readonly pathId: number; readonly code: number }
  | {
      readonly type: 'path_status_backup' | 'path_status_available';
      readonly pathId: number;
      readonly sequence: number;
    }
  | { readonly type: 'max_path_id' | 'paths_blocked'; readonly maximum: number }
  | { readonly type: 'path_cids_blocked'; readonly pathId: number; readonly nextSequence: number }
  | { readonly type: 'unknown'; readonly frameType: number };

/**
 * The frames of a payload in the clear, for tracers. Padding in a row is one record. What is not understood, or cut
 * short, ends the walk as one `unknown` record of all that is left; nothing throws.
 */
export function decodeFrames(bytes: Uint8Array, start: number, end: number): FrameRecord[] {
  const reader = new ByteReader();
  reader.reset(bytes, start, end);
  const records: FrameRecord[] = [];
  while (reader.position < end) {
    const at = reader.position;
    const frameType = reader.varint();
    const content = reader.truncated ? undefined : decodeContent(reader, frameType);
    if (content === undefined || reader.truncated) {
      records.push({ type: 'unknown', frameType, length: end - at });
      break;
    }
    records.push({ ...content, length: reader.position - at });
  }
  return records;
}

function decodeContent(reader: ByteReader, type: number): FrameContent | undefined {
  if (type >= FrameType.Stream && type < FrameType.MaxData) return decodeStreamContent(reader, type);
  if (type >= FrameType.MaxData && type <= FrameType.StreamsBlockedUni) return decodeLimit(reader, type);
  switch (type) {
    case FrameType.Padding:
      return decodePadding(reader);
    case FrameType.Ping:
      return { type: 'ping' };
    case FrameType.Ack:
    case FrameType.AckEcn:
    case FrameType.PathAck:
    case FrameType.PathAckEcn:
      return decodeAckContent(reader, type);
    case FrameType.ResetStream:
    case FrameType.StopSending:
      return decodeStreamEnd(reader, type);
    case FrameType.ResetStreamAt: {
      const frame = createResetStreamAtFrame();
      decodeResetStreamAt(reader, frame);
      return { type: 'reset_stream_at', ...frame };
    }
    case FrameType.Crypto:
      return decodeCryptoContent(reader);
    case FrameType.HandshakeDone:
      return { type: 'handshake_done' };
    default:
      return type >= FrameType.PathAbandon ? decodeOfPath(reader, type) : decodeRare(reader, type);
  }
}

function decodeRare(reader: ByteReader, type: number): FrameContent | undefined {
  switch (type) {
    case FrameType.NewToken: {
      const tokenLength = reader.varint();
      reader.skip(tokenLength);
      return { type: 'new_token', tokenLength };
    }
    case FrameType.NewConnectionId: {
      const frame = decodeNewConnectionId(reader, type);
      if (frame === undefined) return undefined;
      const { sequence, retirePriorTo, connectionId } = frame;
      return { type: 'new_connection_id', sequence, retirePriorTo, connectionId: toHex(connectionId) };
    }
    case FrameType.RetireConnectionId:
      return { type: 'retire_connection_id', sequence: reader.varint() };
    case FrameType.PathChallenge:
    case FrameType.PathResponse: {
      const name = type === FrameType.PathChallenge ? 'path_challenge' : 'path_response';
      return { type: name, data: toHex(reader.copy(PATH_DATA_LENGTH)) };
    }
    case FrameType.ConnectionClose:
    case FrameType.ApplicationClose: {
      const { application, code, frameType, reason } = decodeClose(reader, type);
      return { type: 'connection_close', application, code, frameType, reason: asciiOf(reason) };
    }
    case FrameType.ImmediateAck:
      return { type: 'immediate_ack' };
    case FrameType.AckFrequency:
      return { type: 'ack_frequency', ...decodeAckFrequency(reader) };
    case FrameType.Datagram:
    case FrameType.DatagramWithLength:
      return decodeDatagramContent(reader, type);
    default:
      return undefined;
  }
}

/** Frames about paths by their IDs. draft-ietf-quic-multipath §4 */
function decodeOfPath(reader: ByteReader, type: number): FrameContent | undefined {
  if (type > FrameType.PathCidsBlocked) return undefined;
  if (type === FrameType.PathNewConnectionId) {
    const frame = decodeNewConnectionId(reader, type);
    if (frame === undefined) return undefined;
    const { pathId, sequence, retirePriorTo, connectionId } = frame;
    return {
      type: 'path_new_connection_id',
      pathId,
      sequence,
      retirePriorTo,
      connectionId: toHex(connectionId),
    };
  }
  const { pathId, value } = decodePathNumbers(reader, type);
  switch (type) {
    case FrameType.PathAbandon:
      return { type: 'path_abandon', pathId, code: value };
    case FrameType.PathStatusBackup:
      return { type: 'path_status_backup', pathId, sequence: value };
    case FrameType.PathStatusAvailable:
      return { type: 'path_status_available', pathId, sequence: value };
    case FrameType.PathRetireConnectionId:
      return { type: 'path_retire_connection_id', pathId, sequence: value };
    case FrameType.MaxPathId:
      return { type: 'max_path_id', maximum: pathId };
    case FrameType.PathsBlocked:
      return { type: 'paths_blocked', maximum: pathId };
    default:
      return { type: 'path_cids_blocked', pathId, nextSequence: value };
  }
}

function decodePadding(reader: ByteReader): FrameContent {
  while (reader.position < reader.end && reader.bytes[reader.position] === 0) reader.position++;
  return { type: 'padding' };
}

function decodeAckContent(reader: ByteReader, type: number): FrameContent | undefined {
  const ack = createAckFrame();
  if (!decodeAck(reader, type, ack) || reader.truncated) return undefined;
  const { rawDelay, rangeCount, hasEcn, ect0, ect1, ce } = ack;
  const ranges = Array.from(
    { length: rangeCount },
    (_, index) => [ack.starts[index]!, ack.ends[index]!] as const,
  );
  const numbered = type >= FrameType.PathAck ? { pathId: ack.pathId } : {};
  return { type: 'ack', ...numbered, rawDelay, ranges, ecn: hasEcn ? { ect0, ect1, ce } : undefined };
}

function decodeStreamEnd(reader: ByteReader, type: number): FrameContent {
  const frame = createStreamControlFrame();
  if (type === FrameType.ResetStream) decodeResetStream(reader, frame);
  else decodeStopSending(reader, frame);
  const { streamId, code, finalSize } = frame;
  return type === FrameType.ResetStream
    ? { type: 'reset_stream', streamId, code, finalSize }
    : { type: 'stop_sending', streamId, code };
}

function decodeCryptoContent(reader: ByteReader): FrameContent {
  const frame = createCryptoFrame();
  decodeCrypto(reader, frame);
  return { type: 'crypto', offset: frame.offset, dataLength: frame.dataEnd - frame.dataAt };
}

function decodeDatagramContent(reader: ByteReader, type: number): FrameContent {
  const frame = createDatagramFrame();
  decodeDatagram(reader, type, frame);
  return { type: 'datagram', dataLength: frame.dataEnd - frame.dataAt };
}

function decodeStreamContent(reader: ByteReader, type: number): FrameContent {
  const frame = createStreamFrame();
  decodeStream(reader, type, frame);
  const { streamId, offset, fin, dataAt, dataEnd } = frame;
  return { type: 'stream', streamId, offset, dataLength: dataEnd - dataAt, fin };
}

function decodeLimit(reader: ByteReader, type: number): FrameContent {
  const first = reader.varint();
  switch (type) {
    case FrameType.MaxData:
      return { type: 'max_data', limit: first };
    case FrameType.DataBlocked:
      return { type: 'data_blocked', limit: first };
    case FrameType.MaxStreamData:
      return { type: 'max_stream_data', streamId: first, limit: reader.varint() };
    case FrameType.StreamDataBlocked:
      return { type: 'stream_data_blocked', streamId: first, limit: reader.varint() };
    case FrameType.MaxStreamsBidi:
    case FrameType.MaxStreamsUni:
      return { type: 'max_streams', unidirectional: type === FrameType.MaxStreamsUni, limit: first };
    default:
      return { type: 'streams_blocked', unidirectional: type === FrameType.StreamsBlockedUni, limit: first };
  }
}

/** Reasons are the peer's text: what is not printable ASCII shows as a question mark. */
function asciiOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?';
  return text;
}
