import { concatBytes } from '@tsquic/bytes';
import { frame, hugeVarint, streamFrame } from '@tsquic/adversary';
import { TransportCode as Code } from '@tsquic/quic-core';
import { FrameType as Type } from '@tsquic/quic-core/wire';
import { Inconclusive } from '../script.ts';
import type { Row } from '../row.ts';
import { BYTE, type FrameRow, frameRows, type FrameView, openStream } from './frame-row.ts';

/** The connection's limit is met by full streams and one byte: so many streams at most. */
const MOST_STREAMS = 64;

/** One byte at the end of what each of a few streams takes, and one beyond what the connection takes. */
function beyondConnection({ limits, streams }: FrameView): readonly Uint8Array[] {
  const { data, streamBidi, bidi } = limits;
  if (streamBidi === 0 || bidi === 0) throw new Inconclusive('it allows no bidirectional streams');
  const full = Math.floor(data / streamBidi);
  if (full >= Math.min(bidi, MOST_STREAMS))
    throw new Inconclusive('the streams that it allows cannot hold as much as the connection');
  const ends = Array.from({ length: full }, (_, index) =>
    streamFrame(streams.mine(index), streamBidi - 1, BYTE),
  );
  const rest = data - full * streamBidi;
  return [concatBytes(...ends, streamFrame(streams.mine(full), rest, BYTE))];
}

const FLOW: readonly FrameRow[] = [
  {
    name: 'stream-data-beyond-stream-limit',
    section: 'RFC 9000 §4.1',
    ids: ['rfc9000-4.1-2', 'rfc9000-19.10-4'],
    sends: 'STREAM with a byte beyond the limit of its stream',
    asks: 'FLOW_CONTROL_ERROR',
    payloads: (view) => {
      const { id, room } = openStream(view);
      return [streamFrame(id, room, BYTE)];
    },
    codes: [Code.FlowControl],
  },
  {
    name: 'stream-data-beyond-connection-limit',
    section: 'RFC 9000 §4.1',
    ids: ['rfc9000-4.1-2', 'rfc9000-19.9-2'],
    sends: 'STREAM frames whose sum is a byte beyond the limit of the connection',
    asks: 'FLOW_CONTROL_ERROR',
    payloads: beyondConnection,
    codes: [Code.FlowControl],
  },
  {
    name: 'reset-beyond-limit',
    section: 'RFC 9000 §4.5',
    ids: ['rfc9000-4.5-1', 'rfc9000-4.1-2'],
    sends: 'RESET_STREAM whose final size is beyond the limit of its stream',
    asks: 'FLOW_CONTROL_ERROR',
    payloads: (view) => {
      const { id, room } = openStream(view);
      return [frame(Type.ResetStream, [id, 0, room + 1])];
    },
    codes: [Code.FlowControl],
  },
  {
    name: 'stream-offset-above-2-62',
    section: 'RFC 9000 §19.8',
    ids: ['rfc9000-19.8-2'],
    sends: 'STREAM with an offset of 2^62-1 and a byte',
    asks: 'FRAME_ENCODING_ERROR or FLOW_CONTROL_ERROR',
    payloads: (view) => [concatBytes(frame(0x0c, [openStream(view).id]), LARGEST, BYTE)],
    codes: [Code.FrameEncoding, Code.FlowControl],
  },
  {
    name: 'data-beyond-final-size',
    word: 'SHOULD',
    section: 'RFC 9000 §4.5',
    ids: ['rfc9000-4.5-4'],
    sends: 'STREAM with FIN, then a byte behind it',
    asks: 'FINAL_SIZE_ERROR',
    payloads: (view) => {
      const { id } = openStream(view);
      return [concatBytes(streamFrame(id, 0, BYTE, true), streamFrame(id, 1, BYTE))];
    },
    codes: [Code.FinalSize],
  },
  {
    name: 'final-size-below-data',
    word: 'SHOULD',
    section: 'RFC 9000 §4.5',
    ids: ['rfc9000-4.5-4'],
    sends: 'STREAM up to offset 10, then FIN at 2',
    asks: 'FINAL_SIZE_ERROR',
    payloads: (view) => {
      const { id } = openStream(view);
      return [concatBytes(streamFrame(id, 9, BYTE), streamFrame(id, 1, BYTE, true))];
    },
    codes: [Code.FinalSize],
  },
  {
    name: 'reset-changes-final-size',
    word: 'SHOULD',
    section: 'RFC 9000 §4.5',
    ids: ['rfc9000-4.5-3'],
    sends: 'STREAM with FIN at 6, then RESET_STREAM with a final size of 7',
    asks: 'FINAL_SIZE_ERROR',
    payloads: (view) => {
      const { id } = openStream(view);
      return [concatBytes(streamFrame(id, 5, BYTE, true), frame(Type.ResetStream, [id, 0, 7]))];
    },
    codes: [Code.FinalSize],
  },
  {
    name: 'limits-that-do-not-increase',
    section: 'RFC 9000 §4.1',
    ids: ['rfc9000-4.1-3', 'rfc9000-4.6-4', 'rfc9000-19.11-2'],
    sends: 'MAX_DATA 0 and MAX_STREAMS 0',
    asks: 'ignored',
    payloads: () => [
      concatBytes(frame(Type.MaxData, [0]), frame(Type.MaxStreamsBidi, [0]), frame(Type.MaxStreamsUni, [0])),
    ],
  },
];

const OVER: readonly (readonly [string, string, (view: FrameView) => Uint8Array])[] = [
  ['stream-beyond-limit', 'STREAM', ({ limits, streams }) => streamFrame(streams.mine(limits.bidi), 0, BYTE)],
  [
    'uni-stream-beyond-limit',
    'STREAM, unidirectional,',
    ({ limits, streams }) => streamFrame(streams.mineUni(limits.uni), 0, BYTE),
  ],
  [
    'reset-of-stream-beyond-limit',
    'RESET_STREAM',
    ({ limits, streams }) => frame(Type.ResetStream, [streams.mine(limits.bidi), 0, 0]),
  ],
  [
    'stop-sending-beyond-limit',
    'STOP_SENDING',
    ({ limits, streams }) => frame(Type.StopSending, [streams.mine(limits.bidi), 0]),
  ],
  [
    'max-stream-data-beyond-limit',
    'MAX_STREAM_DATA',
    ({ limits, streams }) => frame(Type.MaxStreamData, [streams.mine(limits.bidi), 1]),
  ],
  [
    'stream-data-blocked-beyond-limit',
    'STREAM_DATA_BLOCKED',
    ({ limits, streams }) => frame(Type.StreamDataBlocked, [streams.mineUni(limits.uni), 1]),
  ],
];

const LIMITS: readonly FrameRow[] = OVER.map(([name, frames, payload]) => ({
  name,
  section: 'RFC 9000 §4.6',
  ids: ['rfc9000-4.6-3', 'rfc9000-19.11-4'],
  sends: `${frames} for the first stream that is not allowed`,
  asks: 'STREAM_LIMIT_ERROR',
  payloads: (view: FrameView) => {
    if (Math.max(view.limits.bidi, view.limits.uni) > MOST_ALLOWED)
      throw new Inconclusive('it allows as many streams as there are');
    return [payload(view)];
  },
  codes: [Code.StreamLimit],
}));

/** The least varint of eight bytes whose stream IDs would not fit. */
const MOST_ALLOWED = 2 ** 50;
const LARGEST = hugeVarint(0x3fff_ffff, 0xffff_ffff);

/** Flow control, final sizes and the number of streams. */
export const FLOW_ROWS: readonly Row[] = frameRows([...FLOW, ...LIMITS]);
