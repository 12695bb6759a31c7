import type { FrameRecord } from '@tsquic/quic-core';
import { type QlogNames, transportError } from './events.ts';

/**
 * A frame as the drafts write it.
 *
 * @param ackDelayExponent - of whoever sent the frame. RFC 9000 §18.2
 * @param names - 'qvis' adds the `length` that it adds up; the drafts have it in `raw`.
 */
export function qlogFrame(
  frame: FrameRecord,
  ackDelayExponent: number,
  names: QlogNames,
): Record<string, unknown> {
  const raw = { length: frame.length };
  switch (frame.type) {
    case 'ack':
      return {
        frame_type: 'ack',
        ack_delay: (frame.rawDelay * 2 ** ackDelayExponent) / 1000,
        acked_ranges: frame.ranges.map(([first, last]) => (first === last ? [first] : [first, last])),
        ...frame.ecn,
        raw,
      };
    case 'stream':
    case 'crypto':
    case 'datagram':
      return {
        ...dataFrame(frame),
        ...(names === 'qvis' ? { length: frame.dataLength } : {}),
        raw: { length: frame.length, payload_length: frame.dataLength },
      };
    case 'new_token':
      return {
        frame_type: 'new_token',
        token: { type: 'resumption', raw: { length: frame.tokenLength } },
        raw,
      };
    case 'unknown':
      return { frame_type: 'unknown', frame_type_bytes: frame.frameType, raw };
    case 'connection_close':
      return { ...closeFrame(frame), raw };
    default:
      return { ...plainFrame(frame), raw };
  }
}

type Frame<T extends FrameRecord['type']> = Extract<FrameRecord, { readonly type: T }>;

function dataFrame(frame: Frame<'stream' | 'crypto' | 'datagram'>): object {
  if (frame.type === 'datagram') return { frame_type: 'datagram' };
  const { offset } = frame;
  if (frame.type === 'crypto') return { frame_type: 'crypto', offset };
  return { frame_type: 'stream', stream_id: frame.streamId, offset, fin: frame.fin };
}

function closeFrame({ application, code, frameType, reason }: Frame<'connection_close'>): object {
  return application
    ? {
        frame_type: 'connection_close',
        error_space: 'application',
        error: 'unknown',
        error_code: code,
        reason,
      }
    : {
        frame_type: 'connection_close',
        error_space: 'transport',
        ...transportError(code, 'error'),
        reason,
        trigger_frame_type: frameType,
      };
}

type PlainFrame = Exclude<
  FrameRecord,
  Frame<'ack' | 'stream' | 'crypto' | 'datagram' | 'new_token' | 'unknown' | 'connection_close'>
>;

function plainFrame(frame: PlainFrame): object {
  const frame_type = frame.type;
  switch (frame.type) {
    case 'reset_stream':
      return {
        frame_type,
        stream_id: frame.streamId,
        error: 'unknown',
        error_code: frame.code,
        final_size: frame.finalSize,
      };
    case 'stop_sending':
      return { frame_type, stream_id: frame.streamId, error: 'unknown', error_code: frame.code };
    case 'max_data':
      return { frame_type, maximum: frame.limit };
    case 'data_blocked':
      return { frame_type, limit: frame.limit };
    case 'max_stream_data':
      return { frame_type, stream_id: frame.streamId, maximum: frame.limit };
    case 'stream_data_blocked':
      return { frame_type, stream_id: frame.streamId, limit: frame.limit };
    case 'max_streams':
      return { frame_type, stream_type: directionOf(frame.unidirectional), maximum: frame.limit };
    case 'streams_blocked':
      return { frame_type, stream_type: directionOf(frame.unidirectional), limit: frame.limit };
    case 'new_connection_id':
      return {
        frame_type,
        sequence_number: frame.sequence,
        retire_prior_to: frame.retirePriorTo,
        connection_id: frame.connectionId,
      };
    case 'retire_connection_id':
      return { frame_type, sequence_number: frame.sequence };
    case 'path_challenge':
    case 'path_response':
      return { frame_type, data: frame.data };
    default:
      return { frame_type };
  }
}

function directionOf(unidirectional: boolean): string {
  return unidirectional ? 'unidirectional' : 'bidirectional';
}
