import { describe, expect, test } from '@jest/globals';
import { ByteReader, ByteWriter, fromHex, toHex } from '@tsquic/bytes';
import fc from 'fast-check';
import { covers } from '@tsquic/testing';
import { decodeAckFrequency, encodeAckFrequency } from './ack-frequency.ts';
import { decodeClose, encodeClose } from './close.ts';
import { decodeNewConnectionId, encodeNewConnectionId, encodeRetireConnectionId } from './connection-id.ts';
import { createCryptoFrame, cryptoDataRoom, decodeCrypto, encodeCryptoHeader } from './crypto.ts';
import { decodeStreamCount, encodeLimit, encodeStreamLimit, MAX_STREAM_COUNT } from './flow.ts';
import { decodePathNumbers, encodePathNumbers } from './multipath.ts';
import { encodePathFrame } from './path.ts';
import { FrameType } from './rules.ts';
import { createResetStreamAtFrame, decodeResetStreamAt, encodeResetStreamAt } from './reset-stream-at.ts';
import { createStreamFrame, decodeStream, encodeStreamHeader, streamDataRoom } from './stream.ts';
import {
  createStreamControlFrame,
  decodeResetStream,
  decodeStopSending,
  encodeResetStream,
  encodeStopSending,
} from './stream-control.ts';
import { decodeNewToken, encodeNewToken } from './token.ts';

const SEED = 9000_19;
const BIG = 2 ** 53 - 1;
const id = Uint8Array.from({ length: 20 }, (_, i) => i + 1);
const token = Uint8Array.from({ length: 16 }, (_, i) => 0xf0 | i);

interface Codec {
  readonly name: string;
  /** The frame as the RFC draws it, hexadecimal. */
  readonly wire: string;
  encode(writer: ByteWriter): boolean;
  /** What the reader, which stands behind the type, brings. */
  decode(reader: ByteReader, type: number): unknown;
  readonly value: unknown;
}

/** Every frame that fits or does not fit as a whole. */
const CODECS: readonly Codec[] = [
  {
    name: 'ACK_FREQUENCY',
    wire: '40af 07 4400 800061a8 03',
    encode: (writer) =>
      encodeAckFrequency(writer, { sequence: 7, threshold: 0x400, maxAckDelayUs: 25_000, reordering: 3 }),
    decode: (reader) => decodeAckFrequency(reader),
    value: { sequence: 7, threshold: 0x400, maxAckDelayUs: 25_000, reordering: 3 },
  },
  {
    name: 'RESET_STREAM',
    wire: '04 4400 07 80010000',
    encode: (writer) => encodeResetStream(writer, 0x400, 7, 65_536),
    decode: (reader) => {
      const frame = createStreamControlFrame();
      decodeResetStream(reader, frame);
      return frame;
    },
    value: { streamId: 0x400, code: 7, finalSize: 65_536 },
  },
  {
    name: 'RESET_STREAM_AT',
    wire: '24 4400 07 80010000 25',
    encode: (writer) => encodeResetStreamAt(writer, 0x400, 7, 65_536, 0x25),
    decode: (reader) => {
      const frame = createResetStreamAtFrame();
      decodeResetStreamAt(reader, frame);
      return frame;
    },
    value: { streamId: 0x400, code: 7, finalSize: 65_536, reliableSize: 0x25 },
  },
  {
    name: 'STOP_SENDING',
    wire: '05 03 c01fffffffffffff',
    encode: (writer) => encodeStopSending(writer, 3, BIG),
    decode: (reader) => {
      const frame = { streamId: 0, code: 0, finalSize: 99 };
      decodeStopSending(reader, frame);
      return frame;
    },
    value: { streamId: 3, code: BIG, finalSize: 0 },
  },
  {
    name: 'NEW_TOKEN',
    wire: '07 10' + toHex(token),
    encode: (writer) => encodeNewToken(writer, token),
    decode: (reader) => decodeNewToken(reader),
    value: token,
  },
  {
    name: 'MAX_DATA',
    wire: '10 80100000',
    encode: (writer) => encodeLimit(writer, FrameType.MaxData, 2 ** 20),
    decode: (reader) => reader.varint(),
    value: 2 ** 20,
  },
  {
    name: 'STREAMS_BLOCKED',
    wire: '17 4064',
    encode: (writer) => encodeLimit(writer, FrameType.StreamsBlockedUni, 100),
    decode: (reader) => decodeStreamCount(reader),
    value: 100,
  },
  {
    name: 'MAX_STREAM_DATA',
    wire: '11 4064 80100000',
    encode: (writer) => encodeStreamLimit(writer, FrameType.MaxStreamData, 100, 2 ** 20),
    decode: (reader) => [reader.varint(), reader.varint()],
    value: [100, 2 ** 20],
  },
  {
    name: 'NEW_CONNECTION_ID',
    wire: '18 4080 07 14' + toHex(id) + toHex(token),
    encode: (writer) =>
      encodeNewConnectionId(writer, FrameType.NewConnectionId, {
        pathId: 0,
        sequence: 128,
        retirePriorTo: 7,
        connectionId: id,
        resetToken: token,
      }),
    decode: decodeNewConnectionId,
    value: { pathId: 0, sequence: 128, retirePriorTo: 7, connectionId: id, resetToken: token },
  },
  {
    name: 'PATH_NEW_CONNECTION_ID, draft-ietf-quic-multipath §4.4',
    wire: '7e78 4101 4080 07 14' + toHex(id) + toHex(token),
    encode: (writer) =>
      encodeNewConnectionId(writer, FrameType.PathNewConnectionId, {
        pathId: 257,
        sequence: 128,
        retirePriorTo: 7,
        connectionId: id,
        resetToken: token,
      }),
    decode: decodeNewConnectionId,
    value: { pathId: 257, sequence: 128, retirePriorTo: 7, connectionId: id, resetToken: token },
  },
  ...(
    [
      ['PATH_ABANDON, draft-ietf-quic-multipath §4.2', FrameType.PathAbandon, '7e75 4101 7e76', 257, 0x3e76],
      [
        'PATH_STATUS_BACKUP, draft-ietf-quic-multipath §4.3',
        FrameType.PathStatusBackup,
        '7e76 01 25',
        1,
        0x25,
      ],
      [
        'PATH_STATUS_AVAILABLE, draft-ietf-quic-multipath §4.3',
        FrameType.PathStatusAvailable,
        '7e77 00 00',
        0,
        0,
      ],
      [
        'PATH_RETIRE_CONNECTION_ID, draft-ietf-quic-multipath §4.5',
        FrameType.PathRetireConnectionId,
        '7e79 02 4400',
        2,
        0x400,
      ],
      [
        'MAX_PATH_ID, draft-ietf-quic-multipath §4.6',
        FrameType.MaxPathId,
        '7e7a c0000000ffffffff',
        2 ** 32 - 1,
        0,
      ],
      ['PATHS_BLOCKED, draft-ietf-quic-multipath §4.7', FrameType.PathsBlocked, '7e7b 03', 3, 0],
      ['PATH_CIDS_BLOCKED, draft-ietf-quic-multipath §4.7', FrameType.PathCidsBlocked, '7e7c 03 01', 3, 1],
    ] as const
  ).map(([name, frameType, wire, pathId, value]) => ({
    name,
    wire,
    encode: (writer: ByteWriter) => encodePathNumbers(writer, frameType, { pathId, value }),
    decode: decodePathNumbers,
    value: { pathId, value },
  })),
  {
    name: 'RETIRE_CONNECTION_ID',
    wire: '19 05',
    encode: (writer) => encodeRetireConnectionId(writer, 5),
    decode: (reader) => reader.varint(),
    value: 5,
  },
  {
    name: 'PATH_CHALLENGE',
    wire: '1a 0102030405060708',
    encode: (writer) => encodePathFrame(writer, FrameType.PathChallenge, id.slice(0, 8)),
    decode: (reader) => reader.copy(8),
    value: id.slice(0, 8),
  },
];

describe.each(CODECS)('$name', (codec) => {
  const bytes = (): Uint8Array => {
    const writer = new ByteWriter(new Uint8Array(100));
    expect(codec.encode(writer)).toBe(true);
    return writer.buffer.slice(0, writer.position);
  };

  test('is written as drawn, and read back', () => {
    expect(bytes()).toEqual(fromHex(codec.wire));
    const reader = new ByteReader(bytes());
    expect(codec.decode(reader, reader.varint())).toEqual(codec.value);
    expect([reader.truncated, reader.remaining]).toEqual([false, 0]);
  });

  test('no strict prefix is a frame', () => {
    const whole = bytes();
    for (let length = 1; length < whole.length; length++) {
      const reader = new ByteReader(whole, 0, length);
      codec.decode(reader, reader.varint());
      expect(reader.truncated).toBe(true);
    }
  });

  test('is not begun where it does not fit', () => {
    const { length } = bytes();
    for (let room = 0; room < length; room++) {
      const writer = new ByteWriter(new Uint8Array(room));
      expect(codec.encode(writer)).toBe(false);
      expect(writer.position).toBe(0);
    }
    expect(codec.encode(new ByteWriter(new Uint8Array(length)))).toBe(true);
  });
});

describe('CONNECTION_CLOSE', () => {
  const reason = Uint8Array.from('because', (character) => character.charCodeAt(0));
  const read = (writer: ByteWriter): unknown => {
    const reader = new ByteReader(writer.buffer, 0, writer.position);
    const frame = decodeClose(reader, reader.varint());
    expect([reader.truncated, reader.remaining]).toEqual([false, 0]);
    return frame;
  };

  test.each([true, false])('comes back; from the application: %s', (application) => {
    const frame = { application, code: 0x17c, frameType: application ? 0 : 0x1e, reason };
    const writer = new ByteWriter(new Uint8Array(100));
    expect(encodeClose(writer, frame)).toBe(true);
    expect(read(writer)).toEqual(frame);
    expect(writer.buffer[0]).toBe(application ? 0x1d : 0x1c);
  });

  // Type, code and length of the reason, which has two bytes; a transport close has a frame type besides.
  test.each([
    [true, 1, 0, 1 + 1 + 2],
    [false, 0x17c, 0x3e75, 1 + 2 + 2 + 2],
  ])(
    'says as much of its reason as fits; from the application: %s',
    (application, code, frameType, fixed) => {
      for (let room = 0; room < 20; room++) {
        const writer = new ByteWriter(new Uint8Array(room));
        const fits = encodeClose(writer, { application, code, frameType, reason });
        expect(fits).toBe(room >= fixed);
        if (fits)
          expect(read(writer)).toEqual({
            application,
            code,
            frameType,
            reason: reason.slice(0, room - fixed),
          });
      }
      const long = new ByteWriter(new Uint8Array(40_000));
      expect(encodeClose(long, { application, code, frameType, reason: new Uint8Array(30_000) })).toBe(true);
      expect(read(long)).toEqual({ application, code, frameType, reason: new Uint8Array(0x3fff) });
    },
  );

  test('a reason longer than the packet is cut short', () => {
    const reader = new ByteReader(Uint8Array.of(0x01, 0x00, 0x05, 1, 2, 3, 4));
    decodeClose(reader, FrameType.ConnectionClose);
    expect(reader.truncated).toBe(true);
  });
});

describe('NEW_CONNECTION_ID', () => {
  const decode = (sequence: number, retirePriorTo: number, length: number) => {
    const writer = new ByteWriter(new Uint8Array(100));
    writer.varint(sequence);
    writer.varint(retirePriorTo);
    writer.u8(length);
    writer.fill(1, length + 16);
    const reader = new ByteReader(writer.buffer, 0, writer.position);
    const frame = decodeNewConnectionId(reader, FrameType.NewConnectionId);
    expect(reader.truncated).toBe(false);
    return frame;
  };

  test.each([0, 21, 60])('an ID of %d bytes is impossible', (length) => {
    covers('rfc9000-19.15-1');
    expect(decode(1, 0, length)).toBeUndefined();
  });

  test.each([1, 4, 20])('an ID of %d bytes is fine', (length) => {
    expect(decode(1, 0, length)).toMatchObject({ sequence: 1, connectionId: new Uint8Array(length).fill(1) });
  });

  test('nothing retires what is not issued yet', () => {
    covers('rfc9000-19.15-7');
    expect(decode(5, 6, 8)).toBeUndefined();
    expect(decode(5, 5, 8)).toMatchObject({ retirePriorTo: 5 });
  });
});

test('an empty NEW_TOKEN is impossible', () => {
  const reader = new ByteReader(Uint8Array.of(0));
  expect(decodeNewToken(reader)).toBeUndefined();
  expect(reader.truncated).toBe(false);
});

describe('stream counts', () => {
  const decode = (hex: string): number => {
    const bytes = Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16));
    return decodeStreamCount(new ByteReader(Uint8Array.of(9, ...bytes), 1));
  };

  test.each([
    ['00', 0],
    ['3f', 63],
    ['7fff', 16_383],
    ['bfffffff', 2 ** 30 - 1],
    ['c000000000000005', 5],
    ['c01fffffffffffff', BIG],
    // Legal, and as good as infinite.
    ['c020000000000000', BIG],
    ['cfffffffffffffff', BIG],
    ['d000000000000000', BIG],
  ])('%s is allowed', (hex, count) => {
    expect(decode(hex)).toBe(count);
    expect(count).toBeLessThanOrEqual(MAX_STREAM_COUNT);
  });

  test.each(['d000000000000001', 'd001000000000000', 'd100000000000000', 'ffffffffffffffff'])(
    '%s is above 2^60',
    (hex) => {
      expect(decode(hex)).toBeGreaterThan(MAX_STREAM_COUNT);
    },
  );

  test('a cut one is truncated', () => {
    const reader = new ByteReader(Uint8Array.of(0xd0, 0, 0, 0, 0, 0, 1));
    decodeStreamCount(reader);
    expect(reader.truncated).toBe(true);
  });
});

describe('STREAM', () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7])('flags %d: offset, length and end are there or not', (flags) => {
    const [hasOffset, hasLength, fin] = [(flags & 4) !== 0, (flags & 2) !== 0, (flags & 1) !== 0];
    const bytes = [0x44, 0x01, ...(hasOffset ? [0x41, 0x00] : []), ...(hasLength ? [2] : []), 7, 8, 9];
    const reader = new ByteReader(Uint8Array.from(bytes));
    const frame = createStreamFrame();
    decodeStream(reader, 0x08 | flags, frame);
    const dataAt = bytes.indexOf(7);
    const dataEnd = hasLength ? dataAt + 2 : bytes.length;
    expect(frame).toEqual({ streamId: 0x401, offset: hasOffset ? 0x100 : 0, fin, dataAt, dataEnd });
    expect(reader.position).toBe(dataEnd);
  });

  test('more data than there is, is truncated', () => {
    const reader = new ByteReader(Uint8Array.of(4, 3, 1, 2));
    decodeStream(reader, 0x0a, createStreamFrame());
    expect(reader.truncated).toBe(true);
  });
});

/** Streams with their header codec, CRYPTO frames with theirs: the same promise about room. */
const ROOMS = [
  { name: 'STREAM', room: streamDataRoom, header: encodeStreamHeader, most: Infinity },
  {
    name: 'CRYPTO',
    room: (_streamId: number, offset: number, room: number) => cryptoDataRoom(offset, room),
    header: (writer: ByteWriter, _streamId: number, offset: number, length: number) =>
      encodeCryptoHeader(writer, offset, length),
    most: 0x3fff,
  },
];

describe.each(ROOMS)('room for data in $name', ({ room: dataRoom, header, most }) => {
  const headerLength = (streamId: number, offset: number, length: number): number => {
    const writer = new ByteWriter(new Uint8Array(40));
    header(writer, streamId, offset, length, false);
    return writer.position;
  };

  test('is what fits with its header, and never a byte more', () => {
    const sizes = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 20_000 }));
    const values = fc.oneof(fc.constant(0), fc.nat({ max: 100 }), fc.nat({ max: 2 ** 31 - 1 }));
    fc.assert(
      fc.property(values, values, sizes, (streamId, offset, room) => {
        const length = dataRoom(streamId, offset, room);
        if (length < 0) {
          expect(headerLength(streamId, offset, 0)).toBeGreaterThan(room);
          return;
        }
        expect(headerLength(streamId, offset, length) + length).toBeLessThanOrEqual(room);
        // Where the length field grows, up to two bytes may be left over.
        const waste = Math.min(most, room) - length - headerLength(streamId, offset, length);
        if (length < most) expect(waste).toBeLessThanOrEqual(length > 16_000 ? 2 : length === 0x3f ? 1 : 0);
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });
});

test('CRYPTO headers come back, their data borrowed', () => {
  const writer = new ByteWriter(new Uint8Array(20));
  encodeCryptoHeader(writer, 0x4567, 3);
  writer.fill(1, 3);
  const reader = new ByteReader(writer.buffer, 1, writer.position);
  const frame = createCryptoFrame();
  decodeCrypto(reader, frame);
  expect(frame).toEqual({ offset: 0x4567, dataAt: writer.position - 3, dataEnd: writer.position });
  const cut = new ByteReader(writer.buffer, 1, writer.position - 1);
  decodeCrypto(cut, frame);
  expect(cut.truncated).toBe(true);
});
