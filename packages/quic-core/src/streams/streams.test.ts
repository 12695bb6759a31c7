import { describe, expect, jest, test } from '@jest/globals';
import { ByteReader } from '@tsquic/bytes';
import { covers } from '@tsquic/testing';
import { openPacket, type PacketUnderTest } from '../../test/support/open-packet.ts';
import { TransportCode, TransportError } from '../errors/transport-error.ts';
import { frameName } from '../frame/names.ts';
import { FrameType } from '../frame/rules.ts';
import { createStreamFrame, decodeStream } from '../frame/stream.ts';
import { ConnectionFlow } from '../flow/connection-flow.ts';
import type { StreamEvent } from './stream-event.ts';
import { Streams } from './streams.ts';

const BYTES = Uint8Array.from({ length: 4000 }, (_, i) => i & 0xff);

interface Limits {
  readonly data: number;
  readonly stream: number;
  readonly streams: number;
}

/** The streams of a server, whose peer allows `limits`, and who allows 1000 bytes, 600 a stream, 2 streams. */
function createStreams(limits: Limits = { data: 10_000, stream: 5000, streams: 3 }) {
  const events: StreamEvent[] = [];
  const flow = new ConnectionFlow(1000, 1000);
  const streams = new Streams(
    true,
    {
      connectionWindowBytes: 1000,
      maxConnectionWindowBytes: 1000,
      streamWindowBytes: 600,
      maxStreamWindowBytes: 600,
      maxBidirectionalStreams: 2,
      maxUnidirectionalStreams: 2,
    },
    flow,
    (event) => events.push(event),
  );
  const { table, receiving } = streams;
  flow.onMaxData(limits.data);
  table.onPeerLimits({
    initialMaxData: limits.data,
    initialMaxStreamDataBidiLocal: limits.stream,
    initialMaxStreamDataBidiRemote: limits.stream,
    initialMaxStreamDataUni: limits.stream,
    initialMaxStreamsBidi: limits.streams,
    initialMaxStreamsUni: limits.streams,
  });
  const receive = (streamId: number, offset: number, length: number, fin = false): void =>
    receiving.onStream({ streamId, offset, fin, dataAt: offset, dataEnd: offset + length }, BYTES);
  /** Everything that leaves in one packet. */
  const send = (size = 1200): PacketUnderTest => {
    const packet = openPacket(size);
    flow.write(packet.writer, 0, 1000);
    streams.writeControl(packet.writer, 0, 1000);
    streams.writeData(packet.writer);
    return packet;
  };
  const owes = (): boolean => flow.hasFrames || streams.hasFrames;
  return { streams, flow, events, receive, send, owes };
}

/** The frames of a packet, as short text. */
function listFrames(packet: PacketUnderTest): string[] {
  const bytes = packet.frames();
  const reader = new ByteReader(bytes);
  const out: string[] = [];
  const frame = createStreamFrame();
  while (reader.remaining > 0) {
    const type = reader.varint();
    if (type >= FrameType.Stream && type < FrameType.MaxData) {
      decodeStream(reader, type, frame);
      out.push(
        `${frame.streamId}: ${frame.offset}..${frame.offset + frame.dataEnd - frame.dataAt}${frame.fin ? ' fin' : ''}`,
      );
    } else {
      const count =
        type === FrameType.ResetStream
          ? 3
          : type === FrameType.MaxStreamData ||
              type === FrameType.StopSending ||
              type === FrameType.StreamDataBlocked
            ? 2
            : 1;
      out.push([frameName(type), ...Array.from({ length: count }, () => reader.varint())].join(' '));
    }
  }
  return out;
}

function codeOf(step: () => void): number {
  try {
    step();
  } catch (error) {
    if (error instanceof TransportError) return error.code;
    throw error;
  }
  return -1;
}

const CLIENT_BIDI = 0;
const SERVER_BIDI = 1;
const CLIENT_UNI = 2;
const SERVER_UNI = 3;
const MAX_STREAM_CODE = { streamId: 0, code: 7, finalSize: 0 };

describe('opening', () => {
  test('IDs follow one another and are never used again', () => {
    covers('rfc9000-2.1-1', 'rfc9000-4.6-2', 'rfc9000-19.11-3');
    const { streams, events, send } = createStreams();
    const ids = [false, true, false, true, false, true].map((oneWay) => streams.table.open(oneWay)?.id);
    expect(ids).toEqual([1, 3, 5, 7, 9, 11]);
    expect([streams.table.open(false), streams.table.open(true)]).toEqual([undefined, undefined]);
    streams.table.counts(false).onMaxStreams(2);
    expect(streams.table.open(false)).toBeUndefined();
    streams.table.counts(false).onMaxStreams(4);
    expect(events).toEqual([{ type: 'streams-available', unidirectional: false }]);
    expect(streams.table.open(false)?.id).toBe(13);
    // Nor is the ID of a stream that has ended.
    streams.sending.reset(streams.table.find(3)!, 0);
    send();
    streams.sending.onResetAcked(3);
    expect(streams.table.find(3)).toBeUndefined();
    streams.table.counts(true).onMaxStreams(4);
    expect(streams.table.open(true)?.id).toBe(15);
  });

  test('the peer hears of too few, once for each limit, and again when that was lost', () => {
    covers('rfc9000-4.6-5', 'rfc9000-19.14-1');
    const { streams, send, owes } = createStreams({ data: 10, stream: 10, streams: 1 });
    const openAll = (): void =>
      [false, false, true, true].forEach((oneWay) => void streams.table.open(oneWay));
    openAll();
    expect(owes()).toBe(true);
    expect(listFrames(send())).toEqual(['STREAMS_BLOCKED_BIDI 1', 'STREAMS_BLOCKED_UNI 1']);
    openAll();
    expect(owes()).toBe(false);
    streams.table.bidirectional.onBlockedLost(1);
    expect(listFrames(send())).toEqual(['STREAMS_BLOCKED_BIDI 1']);
    streams.table.counts(false).onMaxStreams(2);
    streams.table.bidirectional.onBlockedLost(1);
    expect(owes()).toBe(false);
    openAll();
    expect(listFrames(send())).toEqual(['STREAMS_BLOCKED_BIDI 2']);
  });

  test('MAX_STREAMS that raise nothing are ignored', () => {
    covers('rfc9000-4.6-4', 'rfc9000-19.11-2');
    const { streams } = createStreams();
    streams.table.counts(false).onMaxStreams(1);
    for (let i = 0; i < 3; i++) expect(streams.table.open(false)).toBeDefined();
  });

  test('a stream opens all lower ones of its kind', () => {
    covers('rfc9000-3.2-1');
    const { events, receive } = createStreams();
    receive(CLIENT_UNI + 4, 0, 1);
    expect(events).toEqual([
      { type: 'stream-opened', streamId: 2 },
      { type: 'stream-opened', streamId: 6 },
      { type: 'stream-readable', streamId: 6 },
    ]);
  });

  test.each([
    [
      'STREAM beyond the limit',
      (s: Streams) =>
        s.receiving.onStream({ streamId: 8, offset: 0, fin: true, dataAt: 0, dataEnd: 0 }, BYTES),
      TransportCode.StreamLimit,
    ],
    [
      'RESET_STREAM beyond the limit',
      (s: Streams) => s.receiving.onReset({ ...MAX_STREAM_CODE, streamId: 10 }),
      TransportCode.StreamLimit,
    ],
    [
      'MAX_STREAM_DATA beyond the limit',
      (s: Streams) => s.sending.onMaxStreamData(8, 1),
      TransportCode.StreamLimit,
    ],
    [
      'STREAM for a stream that only we send on',
      (s: Streams) =>
        s.receiving.onStream({ streamId: SERVER_UNI, offset: 0, fin: true, dataAt: 0, dataEnd: 0 }, BYTES),
      TransportCode.StreamState,
    ],
    [
      'STREAM for one of ours that is not open',
      (s: Streams) =>
        s.receiving.onStream({ streamId: SERVER_BIDI, offset: 0, fin: true, dataAt: 0, dataEnd: 0 }, BYTES),
      TransportCode.StreamState,
    ],
    [
      'RESET_STREAM for a stream that only we send on',
      (s: Streams) => s.receiving.onReset({ ...MAX_STREAM_CODE, streamId: SERVER_UNI }),
      TransportCode.StreamState,
    ],
    [
      'STOP_SENDING for a stream that only the peer sends on',
      (s: Streams) => s.sending.onStopSending({ ...MAX_STREAM_CODE, streamId: CLIENT_UNI }),
      TransportCode.StreamState,
    ],
    [
      'STOP_SENDING for one of ours that is not open',
      (s: Streams) => s.sending.onStopSending({ ...MAX_STREAM_CODE, streamId: SERVER_BIDI }),
      TransportCode.StreamState,
    ],
    [
      'MAX_STREAM_DATA for a stream that only the peer sends on',
      (s: Streams) => s.sending.onMaxStreamData(CLIENT_UNI, 1),
      TransportCode.StreamState,
    ],
    [
      'MAX_STREAM_DATA for one of ours that is not open',
      (s: Streams) => s.sending.onMaxStreamData(SERVER_BIDI, 1),
      TransportCode.StreamState,
    ],
    [
      'STREAM_DATA_BLOCKED for a stream that only we send on',
      (s: Streams) => s.receiving.onStreamDataBlocked(SERVER_UNI),
      TransportCode.StreamState,
    ],
  ] as const)('%s is an error', (_name, step, code) => {
    covers(
      'rfc9000-4.6-3',
      'rfc9000-19.11-4',
      'rfc9000-19.4-1',
      'rfc9000-19.5-1',
      'rfc9000-19.5-2',
      'rfc9000-19.8-1',
      'rfc9000-19.10-1',
      'rfc9000-19.10-2',
      'rfc9000-19.13-2',
    );
    const { streams } = createStreams();
    expect(codeOf(() => step(streams))).toBe(code);
  });

  test('ended streams make room for others, told before anybody asks', () => {
    covers('rfc9000-4.6-6');
    const { receive, streams, send } = createStreams();
    receive(CLIENT_UNI, 0, 1, true);
    streams.receiving.read(streams.table.find(CLIENT_UNI)!, new Uint8Array(9));
    expect(streams.table.find(CLIENT_UNI)).toBeUndefined();
    // No other takes its place before the program knows.
    expect(listFrames(send())).toEqual([]);
    expect(streams.table.onReleaseTold(CLIENT_UNI)).toBe(true);
    expect(listFrames(send())).toEqual(['MAX_STREAMS_UNI 3']);
    streams.table.unidirectional.onMaxStreamsLost();
    expect(listFrames(send())).toEqual(['MAX_STREAMS_UNI 3']);
    receive(CLIENT_UNI + 8, 0, 1);
    expect(codeOf(() => receive(CLIENT_UNI + 12, 0, 1))).toBe(TransportCode.StreamLimit);
  });
});

describe('frames about streams that do not fit', () => {
  type Made = ReturnType<typeof createStreams>;
  test.each<[frame: string, cause: (made: Made) => void]>([
    ['STOP_SENDING 1 300', ({ streams }) => streams.receiving.stop(streams.table.open(false)!, 300)],
    ['RESET_STREAM 1 300 0', ({ streams }) => streams.sending.reset(streams.table.open(false)!, 300)],
    ['STREAMS_BLOCKED_UNI 3', ({ streams }) => [1, 2, 3, 4].forEach(() => void streams.table.open(true))],
    [
      'MAX_STREAM_DATA 0 1100',
      ({ streams, flow, receive }) => {
        receive(CLIENT_BIDI, 0, 500);
        streams.receiving.read(streams.table.find(CLIENT_BIDI)!, new Uint8Array(500));
        // The connection's own credit has left already.
        flow.write(openPacket().writer, 0, 1000);
      },
    ],
    [
      'MAX_DATA 1500',
      ({ streams, receive }) => {
        receive(CLIENT_BIDI, 0, 250, true);
        receive(CLIENT_UNI, 0, 250, true);
        for (const id of [CLIENT_BIDI, CLIENT_UNI])
          streams.receiving.read(streams.table.find(id)!, new Uint8Array(250));
      },
    ],
    [
      'MAX_STREAMS_UNI 3',
      ({ streams, receive }) => {
        receive(CLIENT_UNI, 0, 1, true);
        streams.receiving.read(streams.table.find(CLIENT_UNI)!, new Uint8Array(9));
        streams.table.onReleaseTold(CLIENT_UNI);
      },
    ],
  ])('%s waits for a packet with room, and leaves once', (frame, cause) => {
    const made = createStreams();
    cause(made);
    const sendWithRoom = (room: number): string[] => {
      const packet = openPacket();
      packet.writer.frames.end = packet.writer.frames.position + room;
      made.flow.write(packet.writer, 0, 1000);
      made.streams.writeControl(packet.writer, 0, 1000);
      return listFrames(packet);
    };
    let room = 0;
    let sent = sendWithRoom(room);
    for (; sent.length === 0 && room < 20; sent = sendWithRoom(++room)) expect(made.owes()).toBe(true);
    expect(sent).toEqual([frame]);
    const bytes = frame.split(' ').slice(1).map(Number);
    expect(room).toBe(1 + bytes.reduce((sum, value) => sum + (value < 64 ? 1 : 2), 0));
    expect(sendWithRoom(100)).toEqual([]);
  });
});

describe('receiving', () => {
  test('data beyond a limit is an error', () => {
    covers('rfc9000-4.1-2', 'rfc9000-19.9-2', 'rfc9000-19.10-4');
    expect(codeOf(() => createStreams().receive(CLIENT_BIDI, 0, 600))).toBe(-1);
    expect(codeOf(() => createStreams().receive(CLIENT_BIDI, 600, 1))).toBe(TransportCode.FlowControl);
    const { receive } = createStreams();
    receive(CLIENT_BIDI, 0, 600);
    receive(CLIENT_BIDI + 4, 399, 1);
    expect(codeOf(() => receive(CLIENT_BIDI + 4, 400, 1))).toBe(TransportCode.FlowControl);
  });

  test(`the final size counts towards the connection's window, however the stream ends`, () => {
    covers('rfc9000-4.5-1', 'rfc9000-19.9-1');
    const { receive, streams, flow } = createStreams();
    streams.receiving.onReset({ streamId: CLIENT_BIDI, code: 1, finalSize: 600 });
    streams.receiving.onReset({ streamId: CLIENT_BIDI, code: 1, finalSize: 600 });
    expect(flow.receiving.consumed).toBe(600);
    receive(CLIENT_UNI, 400, 0, true);
    expect(codeOf(() => receive(CLIENT_UNI + 4, 0, 1))).toBe(TransportCode.FlowControl);
  });

  const fin = (size: number) => (s: ReturnType<typeof createStreams>) =>
    s.receive(CLIENT_BIDI, 0, size, true);
  const reset = (size: number) => (s: ReturnType<typeof createStreams>) =>
    s.streams.receiving.onReset({ streamId: CLIENT_BIDI, code: 1, finalSize: size });
  const data = (end: number) => (s: ReturnType<typeof createStreams>) => s.receive(CLIENT_BIDI, end - 1, 1);
  test.each([
    ['data after the end', fin(10), data(11), TransportCode.FinalSize],
    ['an end before the data', data(11), fin(10), TransportCode.FinalSize],
    ['two ends', fin(10), fin(11), TransportCode.FinalSize],
    ['a reset before the data', data(11), reset(10), TransportCode.FinalSize],
    ['a reset elsewhere than the end', fin(10), reset(11), TransportCode.FinalSize],
    ['data after a reset', reset(10), data(11), TransportCode.FinalSize],
    ['two resets', reset(10), reset(9), TransportCode.FinalSize],
    ['the same end twice', fin(10), fin(10), -1],
    ['the end, then a reset there', fin(10), reset(10), -1],
    ['late data below a reset', reset(10), data(4), -1],
    ['a reset beyond the limit', data(1), reset(601), TransportCode.FlowControl],
    ['data after an end at nothing', fin(0), data(1), TransportCode.FinalSize],
    ['another end after one at nothing', fin(0), fin(1), TransportCode.FinalSize],
    ['a reset elsewhere than an end at nothing', fin(0), reset(1), TransportCode.FinalSize],
    ['data after a reset at nothing', reset(0), data(1), TransportCode.FinalSize],
    ['an end at nothing, twice', fin(0), fin(0), -1],
    ['an end at nothing, then a reset there', fin(0), reset(0), -1],
  ] as const)(`final size: %s`, (_name, first, second, code) => {
    const made = createStreams();
    // The stream lives on through its other direction, so that its end is remembered.
    first(made);
    expect(codeOf(() => second(made))).toBe(code);
  });

  test('windows slide as the application reads, and stop when the end is known', () => {
    covers('rfc9000-4.2-2');
    const { receive, streams, send, flow } = createStreams();
    receive(CLIENT_BIDI, 0, 600);
    const stream = streams.table.find(CLIENT_BIDI)!;
    streams.receiving.read(stream, new Uint8Array(600));
    expect(listFrames(send())).toEqual(['MAX_DATA 1600', 'MAX_STREAM_DATA 0 1200']);
    streams.receiving.onMaxStreamDataLost(CLIENT_BIDI);
    flow.onMaxDataLost();
    expect(listFrames(send())).toEqual(['MAX_DATA 1600', 'MAX_STREAM_DATA 0 1200']);
    receive(CLIENT_BIDI, 600, 500, true);
    streams.receiving.onMaxStreamDataLost(CLIENT_BIDI);
    streams.receiving.read(stream, new Uint8Array(600));
    expect(listFrames(send())).toEqual(['MAX_DATA 2100']);
  });

  test('a stream that is stopped frees what it holds, and what still comes', () => {
    const { receive, streams, send, events, flow } = createStreams();
    receive(CLIENT_UNI, 100, 100);
    const stream = streams.table.find(CLIENT_UNI)!;
    streams.receiving.stop(stream, 9);
    expect(flow.receiving.consumed).toBe(200);
    expect(listFrames(send())).toEqual(['STOP_SENDING 2 9']);
    receive(CLIENT_UNI, 200, 100);
    expect(flow.receiving.consumed).toBe(300);
    streams.receiving.onStopLost(CLIENT_UNI);
    expect(listFrames(send())).toEqual(['MAX_DATA 1300', 'STOP_SENDING 2 9']);
    streams.receiving.onReset({ streamId: CLIENT_UNI, code: 9, finalSize: 350 });
    expect(flow.receiving.consumed).toBe(350);
    streams.receiving.onStopLost(CLIENT_UNI);
    expect(listFrames(send()).filter((frame) => frame.startsWith('STOP'))).toEqual([]);
    expect(events.map(({ type }) => type)).toEqual(['stream-opened', 'stream-released']);
  });

  test('4096 gaps may wait in a stream, and no more', () => {
    const wide = new Streams(
      true,
      {
        connectionWindowBytes: 1e6,
        maxConnectionWindowBytes: 1e6,
        streamWindowBytes: 1e6,
        maxStreamWindowBytes: 1e6,
        maxBidirectionalStreams: 2,
        maxUnidirectionalStreams: 2,
      },
      new ConnectionFlow(1e6, 1e6),
      () => undefined,
    );
    const one = (i: number): void =>
      wide.receiving.onStream(
        { streamId: CLIENT_UNI, offset: 1 + 2 * i, fin: false, dataAt: 0, dataEnd: 1 },
        BYTES,
      );
    wide.table.onPeerLimits({
      initialMaxData: 0,
      initialMaxStreamDataBidiLocal: 0,
      initialMaxStreamDataBidiRemote: 0,
      initialMaxStreamDataUni: 0,
      initialMaxStreamsBidi: 0,
      initialMaxStreamsUni: 0,
    });
    for (let i = 0; i < 4096; i++) one(i);
    expect(codeOf(() => one(4096))).toBe(TransportCode.InternalError);
  });
});

describe('sending', () => {
  test('stays within the limit of the stream and says so once', () => {
    covers('rfc9000-2.2-4', 'rfc9000-4.1-1', 'rfc9000-19.10-3');
    const { streams, send } = createStreams({ data: 1000, stream: 100, streams: 3 });
    const stream = streams.table.open(false)!;
    streams.sending.write(stream, BYTES.subarray(0, 150), true);
    expect(listFrames(send())).toEqual(['1: 0..100', 'STREAM_DATA_BLOCKED 1 100']);
    expect(listFrames(send())).toEqual([]);
    streams.sending.onMaxStreamData(1, 100);
    expect(listFrames(send())).toEqual([]);
    streams.sending.onMaxStreamData(1, 120);
    expect(listFrames(send())).toEqual(['1: 100..120', 'STREAM_DATA_BLOCKED 1 120']);
    streams.sending.onMaxStreamData(1, 900);
    expect(listFrames(send())).toEqual(['1: 120..150 fin']);
  });

  test('and of the connection, which repeats do not use', () => {
    covers('rfc9000-2.2-4', 'rfc9000-4.1-1');
    const { streams, send, flow } = createStreams({ data: 130, stream: 100, streams: 3 });
    for (const stream of [streams.table.open(false)!, streams.table.open(false)!])
      streams.sending.write(stream, BYTES.subarray(0, 90), true);
    expect(listFrames(send())).toEqual(['1: 0..90 fin', '5: 0..40', 'DATA_BLOCKED 130']);
    expect(listFrames(send())).toEqual([]);
    streams.sending.onLost(1, 0, 90, true);
    streams.sending.onLost(5, 10, 40, false);
    expect(listFrames(send()).sort()).toEqual(['1: 0..90 fin', '5: 10..40']);
    flow.onMaxData(131);
    expect(listFrames(send())).toEqual(['5: 40..41', 'DATA_BLOCKED 131']);
  });

  test('streams that all wait for MAX_DATA ask for no packet', () => {
    const { streams, send, owes, flow } = createStreams({ data: 50, stream: 100, streams: 3 });
    const [first, second] = [streams.table.open(false)!, streams.table.open(false)!];
    for (const stream of [first, second]) streams.sending.write(stream, BYTES.subarray(0, 40), false);
    expect(listFrames(send())).toEqual(['1: 0..40', '5: 0..10', 'DATA_BLOCKED 50']);
    expect(owes()).toBe(false);
    flow.onMaxData(50);
    expect(owes()).toBe(false);
    streams.sending.onLost(5, 0, 10, false);
    expect(owes()).toBe(true);
    expect(listFrames(send())).toEqual(['5: 0..10']);
    expect(owes()).toBe(false);
    streams.sending.write(streams.table.open(false)!, BYTES.subarray(0, 0), true);
    expect(owes()).toBe(true);
    expect(listFrames(send())).toEqual(['9: 0..0 fin']);
    expect(owes()).toBe(false);
    flow.onMaxData(60);
    expect(listFrames(send())).toEqual(['5: 10..20', 'DATA_BLOCKED 60']);
  });

  describe.each([
    ['stream', { data: 10_000, stream: 100, streams: 3 }, 'STREAM_DATA_BLOCKED 1 100'],
    ['connection', { data: 100, stream: 5000, streams: 3 }, 'DATA_BLOCKED 100'],
  ])('a source that has used up the credit of the %s', (_name, limits, said) => {
    const raise = ({ flow, streams }: ReturnType<typeof createStreams>): void => {
      flow.onMaxData(300);
      streams.sending.onMaxStreamData(1, 300);
    };

    test('may tell the end', () => {
      const { streams, send, owes } = createStreams(limits);
      let rest = 100;
      streams.sending.setSource(streams.table.open(false)!, (room) => {
        const bytes = Math.min(rest, room.length);
        rest -= bytes;
        return { bytes, fin: bytes === 0 };
      });
      expect(listFrames(send())).toEqual(['1: 0..100 fin']);
      expect([owes(), streams.isBlocked]).toEqual([false, false]);
    });

    test('may tell it in a packet of its own, and after what was written', () => {
      const { streams, send, owes } = createStreams(limits);
      const stream = streams.table.open(false)!;
      streams.sending.write(stream, BYTES.subarray(0, 100), false);
      expect(listFrames(send())).toEqual(['1: 0..100']);
      streams.sending.setSource(stream, () => ({ bytes: 0, fin: true }));
      expect(owes()).toBe(true);
      expect(listFrames(send())).toEqual(['1: 100..100 fin']);
    });

    test('waits for more, and is asked once for each limit', () => {
      const made = createStreams(limits);
      const { streams, send, owes } = made;
      const rooms: number[] = [];
      streams.sending.setSource(streams.table.open(false)!, (room) => {
        rooms.push(room.length);
        return { bytes: Math.min(150, room.length), fin: false };
      });
      expect(listFrames(send())).toEqual(['1: 0..100', said]);
      expect([owes(), streams.isBlocked]).toEqual([false, true]);
      expect(listFrames(send())).toEqual([]);
      expect(rooms).toEqual([100, 0]);
      raise(made);
      expect(listFrames(send(200 + 16))[0]).toBe('1: 100..250');
      expect([owes(), streams.isBlocked]).toEqual([true, false]);
    });

    test('and then rests is not blocked', () => {
      const made = createStreams(limits);
      const { streams, send, owes } = made;
      let rest = 100;
      streams.sending.setSource(streams.table.open(false)!, (room) => {
        const bytes = Math.min(rest, room.length);
        rest -= bytes;
        return { bytes, fin: false };
      });
      expect(listFrames(send())).toEqual(['1: 0..100', said]);
      raise(made);
      expect(listFrames(send())).toEqual([]);
      expect([owes(), streams.isBlocked]).toEqual([false, false]);
    });

    test('is asked in the next packet when the first has no room for the end', () => {
      for (let size = 125; size < 160; size++) {
        const { streams, send, owes } = createStreams(limits);
        let rest = 100;
        streams.sending.setSource(streams.table.open(false)!, (room) => {
          const bytes = Math.min(rest, room.length);
          rest -= bytes;
          return { bytes, fin: bytes === 0 && room.length === 0 };
        });
        const frames = listFrames(send(size));
        while (owes()) frames.push(...listFrames(send(size)));
        expect(frames.at(-1)).toMatch(/\.\.100 fin$/);
      }
    });
  });

  test('lost *_BLOCKED frames are repeated while they are true', () => {
    covers('rfc9000-4.1-4', 'rfc9000-19.12-1', 'rfc9000-19.13-1');
    const { streams, send, owes, flow } = createStreams({ data: 150, stream: 100, streams: 3 });
    const [first, second] = [streams.table.open(false)!, streams.table.open(false)!];
    streams.sending.write(first, BYTES.subarray(0, 120), false);
    streams.sending.write(second, BYTES.subarray(0, 80), false);
    const said = ['STREAM_DATA_BLOCKED 1 100', 'DATA_BLOCKED 150'];
    expect(listFrames(send())).toEqual(['1: 0..100', said[0], '5: 0..50', said[1]]);
    const lose = (stream: number, connection: number): void => {
      streams.sending.onBlockedLost(1, stream);
      flow.onBlockedLost(connection);
    };
    // With data in the same packet.
    streams.sending.onLost(5, 40, 50, false);
    lose(100, 150);
    expect(listFrames(send()).sort()).toEqual(['5: 40..50', said[1], said[0]]);
    lose(99, 149);
    expect(owes()).toBe(false);
    flow.onMaxData(1000);
    expect(listFrames(send())).toEqual(['5: 50..80']);
    lose(100, 150);
    expect(listFrames(send())).toEqual([said[0]]);
    streams.sending.reset(first, 1);
    lose(100, 150);
    expect(listFrames(send())).toEqual(['RESET_STREAM 1 1 100']);
    expect([streams.isBlocked, owes()]).toEqual([false, false]);
  });

  test('*_BLOCKED frames that find no room wait for the next packet', () => {
    for (const limits of [
      { data: 10_000, stream: 100, streams: 3 },
      { data: 100, stream: 5000, streams: 3 },
    ]) {
      for (let size = 125; size < 160; size++) {
        const { streams, send, owes } = createStreams(limits);
        streams.sending.write(streams.table.open(false)!, BYTES.subarray(0, 120), false);
        const frames = listFrames(send(size));
        while (owes()) frames.push(...listFrames(send(size)));
        expect(frames.at(-1)).toMatch(/DATA_BLOCKED (1 )?100$/);
        expect(frames.filter((frame) => frame.includes('BLOCKED'))).toHaveLength(1);
      }
    }
  });

  test.each([
    ['reset', (s: Streams) => s.sending.reset(s.table.find(1)!, 3)],
    ['STOP_SENDING', (s: Streams) => s.sending.onStopSending({ streamId: 1, code: 5, finalSize: 0 })],
  ])('after %s a stream waits for nothing', (_name, end) => {
    for (const limits of [
      { data: 10_000, stream: 100, streams: 3 },
      { data: 100, stream: 5000, streams: 3 },
    ]) {
      const { streams, send } = createStreams(limits);
      streams.sending.write(streams.table.open(false)!, BYTES.subarray(0, 120), false);
      send();
      expect(streams.isBlocked).toBe(true);
      end(streams);
      send();
      expect(streams.isBlocked).toBe(false);
      streams.onQuiet();
      expect(listFrames(send())).toEqual([]);
    }
  });

  test('STOP_SENDING is answered by a reset before anything was sent, too', () => {
    covers('rfc9000-3.5-2');
    const { streams, send } = createStreams();
    for (const [bytes, finalSize] of [
      [0, 0],
      [50, 0],
    ] as const) {
      const stream = streams.table.open(true)!;
      streams.sending.write(stream, BYTES.subarray(0, bytes), false);
      streams.sending.onStopSending({ streamId: stream.id, code: 5, finalSize: 0 });
      expect(listFrames(send())).toEqual([`RESET_STREAM ${stream.id} 5 ${finalSize}`]);
    }
  });

  test('STOP_SENDING is answered by a reset that never changes', () => {
    covers('rfc9000-3.5-2', 'rfc9000-13.3-1', 'rfc9000-3.3-2', 'rfc9000-4.5-2');
    const { streams, send, events } = createStreams();
    const stream = streams.table.open(true)!;
    streams.sending.write(stream, BYTES.subarray(0, 100), false);
    expect(listFrames(send())).toEqual(['3: 0..100']);
    streams.sending.write(stream, BYTES.subarray(0, 50), false);
    streams.sending.onStopSending({ streamId: 3, code: 5, finalSize: 0 });
    streams.sending.onStopSending({ streamId: 3, code: 6, finalSize: 0 });
    streams.sending.reset(stream, 7);
    expect(listFrames(send())).toEqual(['RESET_STREAM 3 5 100']);
    streams.sending.onLost(3, 0, 100, false);
    streams.sending.onMaxStreamData(3, 9000);
    expect(listFrames(send())).toEqual([]);
    streams.sending.onResetLost(3);
    expect(listFrames(send())).toEqual(['RESET_STREAM 3 5 100']);
    streams.sending.onResetAcked(3);
    streams.sending.onResetLost(3);
    expect(listFrames(send())).toEqual([]);
    expect(events.map(({ type }) => type)).toEqual(['stream-stopped', 'stream-released']);
  });

  test('a reset stands until it is acknowledged, though the end of the stream is', () => {
    const { streams, send } = createStreams();
    const stream = streams.table.open(true)!;
    streams.sending.write(stream, BYTES.subarray(0, 100), true);
    send();
    streams.sending.reset(stream, 7);
    send();
    streams.sending.onAcked(3, 50, 100, true);
    streams.sending.onResetLost(3);
    expect(listFrames(send())).toEqual(['RESET_STREAM 3 7 100']);
  });

  test('after everything is acknowledged nothing is said about a stream', () => {
    covers('rfc9000-3.3-1', 'rfc9000-4.4-1');
    const { streams, send, receive } = createStreams();
    const stream = streams.table.open(false)!;
    streams.sending.write(stream, BYTES.subarray(0, 100), true);
    send();
    streams.sending.onAcked(1, 0, 100, true);
    streams.sending.reset(stream, 3);
    streams.sending.onStopSending({ streamId: 1, code: 5, finalSize: 0 });
    streams.sending.onLost(1, 0, 100, true);
    expect(listFrames(send())).toEqual([]);
    // The other direction goes on.
    receive(SERVER_BIDI, 0, 500);
    streams.receiving.read(stream, new Uint8Array(500));
    expect(listFrames(send())).toContain('MAX_STREAM_DATA 1 1100');
  });

  test('who waits for room is looked at when something changed, not for each packet', () => {
    const { streams, flow, send, events } = createStreams({ data: 100, stream: 200, streams: 3 });
    const { sending, table } = streams;
    const stream = table.open(true)!;
    const big = new Uint8Array(1_000_000);
    expect(sending.write(stream, big, false)).toBeLessThan(big.length);
    const looks = jest.spyOn(stream.sender!, 'isWritable');
    const countLooks = (change: () => void): number => {
      change();
      looks.mockClear();
      for (let packets = 0; packets < 10; packets++) sending.giveRoom();
      return looks.mock.calls.length;
    };
    expect(countLooks(() => undefined)).toBe(1);
    expect(countLooks(() => undefined)).toBe(0);
    expect(countLooks(() => send())).toBe(1);
    expect(countLooks(() => sending.onAcked(3, 0, 50, false))).toBe(1);
    expect(countLooks(() => flow.onMaxData(120))).toBe(1);
    expect(countLooks(() => sending.onMaxStreamData(3, 300))).toBe(1);
    expect(countLooks(() => sending.write(table.open(true)!, BYTES, false))).toBe(1);
    expect(events).toEqual([]);
    expect(countLooks(() => sending.onMaxStreamData(3, 1e9))).toBe(1);
    flow.onMaxData(1e9);
    sending.giveRoom();
    expect(events).toEqual([{ type: 'stream-writable', streamId: 3 }]);
  });

  test('streams take turns, a packet each', () => {
    const { streams, send } = createStreams();
    for (let i = 0; i < 3; i++)
      streams.sending.write(streams.table.open(true)!, BYTES.subarray(0, 1000), false);
    const turns = Array.from({ length: 6 }, () => listFrames(send(150))[0]!.split(':')[0]);
    expect(turns).toEqual(['3', '7', '11', '3', '7', '11']);
  });

  test('a source that gives little at a time fills packets all the same', () => {
    const { streams, send, owes } = createStreams();
    let asked = 0;
    streams.sending.setSource(streams.table.open(true)!, (room) => {
      room.fill(++asked, 0, 10);
      return { bytes: Math.min(10, room.length), fin: asked === 200 };
    });
    const packet = send();
    const given = Array.from({ length: asked * 10 }, (_, i) => 1 + Math.floor(i / 10));
    expect(listFrames(packet)).toEqual([`3: 0..${given.length}`]);
    expect([...packet.frames().subarray(-given.length)]).toEqual(given);
    expect(packet.writer.frames.room).toBeLessThan(64);
    expect(listFrames(send())).toEqual([`3: ${given.length}..2000 fin`]);
    expect(owes()).toBe(false);
  });

  test('a source that rests leaves the room to others', () => {
    const { streams, send } = createStreams();
    let asked = 0;
    streams.sending.setSource(streams.table.open(true)!, () => ({
      bytes: ++asked % 3 === 0 ? 0 : 10,
      fin: false,
    }));
    streams.sending.write(streams.table.open(true)!, BYTES.subarray(0, 100), true);
    expect(listFrames(send())).toEqual(['3: 0..20', '7: 0..100 fin']);
    expect(listFrames(send())).toEqual([]);
    expect(asked).toBe(3);
  });

  test('a lost end is repeated alone when its data arrived', () => {
    const { streams, send } = createStreams();
    streams.sending.write(streams.table.open(true)!, BYTES.subarray(0, 10), true);
    send();
    streams.sending.onAcked(3, 0, 10, false);
    streams.sending.onLost(3, 0, 10, true);
    expect(listFrames(send())).toEqual(['3: 10..10 fin']);
  });
});
