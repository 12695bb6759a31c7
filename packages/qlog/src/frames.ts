import type { FrameRecord } from '@tsquic/quic-core';
import { type QlogNames, transportError } from './events.ts';

/**
 * A frame in the form of the drafts.
 *
 * @param ackDelayExponent - the ack_delay_exponent of the frame's sender. RFC 9000 §18.2
 * @param names - 'qvis' adds the `length` that qvis sums up; the drafts have it in `raw`.
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
        ...(frame.pathId === undefined
          ? { frame_type: 'ack' }
          : { frame_type: 'path_ack', path_id: frame.pathId }),
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
    case 'reset_stream_at':
      return resetFrame(frame);
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
    case 'ack_frequency':
      return ackFrequency(frame);
    case 'path_new_connection_id':
    case 'path_retire_connection_id':
    case 'path_abandon':
    case 'path_status_backup':
    case 'path_status_available':
    case 'max_path_id':
    case 'paths_blocked':
    case 'path_cids_blocked':
      return pathFrame(frame);
    case 'path_challenge':
    case 'path_response':
      return { frame_type, data: frame.data };
    default:
      return { frame_type };
  }
}

function resetFrame(frame: Frame<'reset_stream' | 'reset_stream_at'>): object {
  return {
    frame_type: frame.type,
    stream_id: frame.streamId,
    error: 'unknown',
    error_code: frame.code,
    final_size: frame.finalSize,
    ...(frame.type === 'reset_stream_at' ? { reliable_size: frame.reliableSize } : {}),
  };
}

function ackFrequency(frame: Frame<'ack_frequency'>): object {
  return {
    frame_type: frame.type,
    sequence_number: frame.sequence,
    ack_eliciting_threshold: frame.threshold,
    requested_max_ack_delay: frame.maxAckDelayUs / 1000,
    reordering_threshold: frame.reordering,
  };
}

type PathFrame = Frame<
  | 'path_new_connection_id'
  | 'path_retire_connection_id'
  | 'path_abandon'
  | 'path_status_backup'
  | 'path_status_available'
  | 'max_path_id'
  | 'paths_blocked'
  | 'path_cids_blocked'
>;

/** Frames of draft-ietf-quic-multipath §4; no draft of qlog has them, so that they are named like those of RFC 9000. */
function pathFrame(frame: PathFrame): object {
  const frame_type = frame.type;
  switch (frame.type) {
    case 'max_path_id':
    case 'paths_blocked':
      return { frame_type, maximum_path_id: frame.maximum };
    case 'path_new_connection_id':
      return {
        frame_type,
        path_id: frame.pathId,
        sequence_number: frame.sequence,
        retire_prior_to: frame.retirePriorTo,
        connection_id: frame.connectionId,
      };
    case 'path_abandon':
      return { frame_type, path_id: frame.pathId, error_code: frame.code };
    case 'path_cids_blocked':
      return { frame_type, path_id: frame.pathId, next_sequence_number: frame.nextSequence };
    default:
      return { frame_type, path_id: frame.pathId, sequence_number: frame.sequence };
  }
}

function directionOf(unidirectional: boolean): string {
  return unidirectional ? 'unidirectional' : 'bidirectional';
}
