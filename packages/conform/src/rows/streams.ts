import { frame, streamFrame } from '@tsquic/adversary';
import { TransportCode as Code } from '@tsquic/quic-core';
import { FrameType as Type } from '@tsquic/quic-core/wire';
import type { Row } from '../row.ts';
import { BYTE, type FrameRow, frameRows, openUniStream } from './frame-row.ts';

/** This tool allows ten streams of each kind: the last is one that no peer has opened yet. */
const UNOPENED = 9;

const STATES: readonly Omit<FrameRow, 'asks' | 'codes'>[] = [
  {
    name: 'stream-data-for-unopened-stream',
    section: 'RFC 9000 §19.8',
    ids: ['rfc9000-19.8-1'],
    sends: 'STREAM for a stream that only the peer can open, and has not',
    payloads: ({ streams }) => [streamFrame(streams.theirs(UNOPENED), 0, BYTE)],
  },
  {
    name: 'stream-data-for-send-only-stream',
    section: 'RFC 9000 §19.8',
    ids: ['rfc9000-19.8-1'],
    sends: 'STREAM for a unidirectional stream of the peer',
    payloads: ({ streams }) => [streamFrame(streams.theirsUni(UNOPENED), 0, BYTE)],
  },
  {
    name: 'reset-of-send-only-stream',
    section: 'RFC 9000 §19.4',
    ids: ['rfc9000-19.4-1'],
    sends: 'RESET_STREAM for a unidirectional stream of the peer',
    payloads: ({ streams }) => [frame(Type.ResetStream, [streams.theirsUni(UNOPENED), 0, 0])],
  },
  {
    name: 'stop-sending-for-unopened-stream',
    section: 'RFC 9000 §19.5',
    ids: ['rfc9000-19.5-1'],
    sends: 'STOP_SENDING for a stream that only the peer can open, and has not',
    payloads: ({ streams }) => [frame(Type.StopSending, [streams.theirs(UNOPENED), 0])],
  },
  {
    name: 'stop-sending-for-receive-only-stream',
    section: 'RFC 9000 §19.5',
    ids: ['rfc9000-19.5-2'],
    sends: 'STOP_SENDING for a unidirectional stream of this side',
    payloads: (view) => [frame(Type.StopSending, [openUniStream(view), 0])],
  },
  {
    name: 'max-stream-data-for-unopened-stream',
    section: 'RFC 9000 §19.10',
    ids: ['rfc9000-19.10-1'],
    sends: 'MAX_STREAM_DATA for a stream that only the peer can open, and has not',
    payloads: ({ streams }) => [frame(Type.MaxStreamData, [streams.theirs(UNOPENED), 1])],
  },
  {
    name: 'max-stream-data-for-receive-only-stream',
    section: 'RFC 9000 §19.10',
    ids: ['rfc9000-19.10-2'],
    sends: 'MAX_STREAM_DATA for a unidirectional stream of this side',
    payloads: (view) => [frame(Type.MaxStreamData, [openUniStream(view), 1])],
  },
  {
    name: 'stream-data-blocked-for-send-only-stream',
    section: 'RFC 9000 §19.13',
    ids: ['rfc9000-19.13-2'],
    sends: 'STREAM_DATA_BLOCKED for a unidirectional stream of the peer',
    payloads: ({ streams }) => [frame(Type.StreamDataBlocked, [streams.theirsUni(UNOPENED), 1])],
  },
];

/** Frames for streams that are not in a state for them. */
export const STREAM_ROWS: readonly Row[] = frameRows(
  STATES.map((one) => ({ ...one, asks: 'STREAM_STATE_ERROR', codes: [Code.StreamState] })),
);
