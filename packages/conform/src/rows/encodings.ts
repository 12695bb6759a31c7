import { concatBytes } from '@tsquic/bytes';
import { frame, hugeVarint } from '@tsquic/adversary';
import { TransportCode as Code } from '@tsquic/quic-core';
import { FrameType as Type } from '@tsquic/quic-core/wire';
import type { Row } from '../row.ts';
import { BYTE, type FrameRow, frameRows, openStream } from './frame-row.ts';

const PADDING = new Uint8Array(8);
/** 2^60 + 1 */
const TOO_MANY = hugeVarint(0x1000_0000, 1);
const LARGEST = hugeVarint(0x3fff_ffff, 0xffff_ffff);

const ENCODINGS: readonly (Omit<FrameRow, 'asks'> & Partial<Pick<FrameRow, 'asks'>>)[] = [
  {
    name: 'unknown-frame',
    section: 'RFC 9000 §12.4',
    ids: ['rfc9000-12.4-4'],
    sends: 'a frame of type 0x21, which nobody has defined',
    payloads: () => [concatBytes(frame(0x21), PADDING)],
  },
  {
    name: 'unknown-frame-large',
    section: 'RFC 9000 §12.4',
    ids: ['rfc9000-12.4-4'],
    sends: 'a frame of type 2^40, which nobody has defined',
    payloads: () => [concatBytes(frame(2 ** 40), PADDING)],
  },
  {
    name: 'max-streams-above-2-60',
    section: 'RFC 9000 §19.11',
    ids: ['rfc9000-19.11-1', 'rfc9000-4.6-1'],
    sends: 'MAX_STREAMS, bidirectional, of 2^60 + 1',
    payloads: () => [concatBytes(frame(Type.MaxStreamsBidi), TOO_MANY)],
  },
  {
    name: 'max-uni-streams-above-2-60',
    section: 'RFC 9000 §19.11',
    ids: ['rfc9000-19.11-1', 'rfc9000-4.6-1'],
    sends: 'MAX_STREAMS, unidirectional, of 2^60 + 1',
    payloads: () => [concatBytes(frame(Type.MaxStreamsUni), TOO_MANY)],
  },
  {
    name: 'streams-blocked-above-2-60',
    section: 'RFC 9000 §19.14',
    ids: ['rfc9000-19.14-2'],
    sends: 'STREAMS_BLOCKED, bidirectional, of 2^60 + 1',
    asks: 'STREAM_LIMIT_ERROR or FRAME_ENCODING_ERROR',
    codes: [Code.StreamLimit, Code.FrameEncoding],
    payloads: () => [concatBytes(frame(Type.StreamsBlockedBidi), TOO_MANY)],
  },
  {
    name: 'uni-streams-blocked-above-2-60',
    section: 'RFC 9000 §19.14',
    ids: ['rfc9000-19.14-2'],
    sends: 'STREAMS_BLOCKED, unidirectional, of 2^60 + 1',
    asks: 'STREAM_LIMIT_ERROR or FRAME_ENCODING_ERROR',
    codes: [Code.StreamLimit, Code.FrameEncoding],
    payloads: () => [concatBytes(frame(Type.StreamsBlockedUni), TOO_MANY)],
  },
  {
    name: 'ack-below-zero',
    section: 'RFC 9000 §19.3.1',
    ids: ['rfc9000-19.3.1-1'],
    sends: 'ACK of packet 0 and one before it',
    payloads: () => [frame(Type.Ack, [0, 0, 0, 1])],
  },
  {
    name: 'ack-gap-below-zero',
    section: 'RFC 9000 §19.3.1',
    ids: ['rfc9000-19.3.1-1'],
    sends: 'ACK whose gap goes below packet 0',
    payloads: () => [frame(Type.Ack, [1, 0, 1, 0, 0, 0])],
  },
  {
    name: 'ack-with-too-many-ranges',
    section: 'RFC 9000 §12.4',
    ids: [],
    sends: 'ACK with a count of 2^62-1 ranges',
    payloads: () => [concatBytes(frame(Type.Ack, [0, 0]), LARGEST, PADDING)],
  },
  {
    name: 'stream-longer-than-packet',
    section: 'RFC 9000 §12.4',
    ids: [],
    sends: 'STREAM with a length of 100 and one byte',
    payloads: (view) => [frame(0x0a, [openStream(view).id, 100], BYTE)],
  },
  {
    name: 'crypto-longer-than-packet',
    section: 'RFC 9000 §12.4',
    ids: [],
    sends: 'CRYPTO with a length of 100 and one byte',
    payloads: () => [frame(Type.Crypto, [0, 100], BYTE)],
  },
  {
    name: 'path-challenge-cut-short',
    section: 'RFC 9000 §12.4',
    ids: [],
    sends: 'PATH_CHALLENGE of seven bytes',
    payloads: () => [frame(Type.PathChallenge, [], new Uint8Array(7))],
  },
  {
    name: 'close-cut-short',
    section: 'RFC 9000 §12.4',
    ids: [],
    sends: 'CONNECTION_CLOSE whose reason is longer than its packet',
    payloads: () => [frame(Type.ConnectionClose, [0, 0, 100], BYTE)],
  },
  {
    name: 'empty-new-token',
    subjects: ['client' as const],
    section: 'RFC 9000 §19.7',
    ids: ['rfc9000-19.7-2'],
    sends: 'NEW_TOKEN without a token',
    payloads: () => [concatBytes(frame(Type.NewToken, [0]), PADDING)],
  },
];

/** Malformed frames. */
export const ENCODING_ROWS: readonly Row[] = frameRows(
  ENCODINGS.map((one) => ({ asks: 'FRAME_ENCODING_ERROR', codes: [Code.FrameEncoding], ...one })),
);
