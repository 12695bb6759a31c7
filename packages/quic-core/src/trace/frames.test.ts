import { fromHex } from '@tsquic/bytes';
import { describe, expect, test } from '@jest/globals';
import { decodeFrames } from './frames.ts';

const walk = (hex: string): object[] => {
  const bytes = fromHex(hex);
  return decodeFrames(bytes, 0, bytes.length);
};

describe('frames encoded by hand after RFC 9000 §19', () => {
  test.each([
    ['000000', { type: 'padding', length: 3 }],
    ['01', { type: 'ping', length: 1 }],
    [
      '020a0501020101',
      {
        type: 'ack',
        rawDelay: 5,
        ranges: [
          [8, 10],
          [4, 5],
        ],
        ecn: undefined,
        length: 7,
      },
    ],
    [
      '030a050000010203',
      { type: 'ack', rawDelay: 5, ranges: [[10, 10]], ecn: { ect0: 1, ect1: 2, ce: 3 }, length: 8 },
    ],
    ['04040708', { type: 'reset_stream', streamId: 4, code: 7, finalSize: 8, length: 4 }],
    ['050407', { type: 'stop_sending', streamId: 4, code: 7, length: 3 }],
    ['060502aabb', { type: 'crypto', offset: 5, dataLength: 2, length: 5 }],
    ['0702aabb', { type: 'new_token', tokenLength: 2, length: 4 }],
    ['0804aabbcc', { type: 'stream', streamId: 4, offset: 0, dataLength: 3, fin: false, length: 5 }],
    ['0f040901aa', { type: 'stream', streamId: 4, offset: 9, dataLength: 1, fin: true, length: 5 }],
    ['104400', { type: 'max_data', limit: 1024, length: 3 }],
    ['110409', { type: 'max_stream_data', streamId: 4, limit: 9, length: 3 }],
    ['1309', { type: 'max_streams', unidirectional: true, limit: 9, length: 2 }],
    ['150409', { type: 'stream_data_blocked', streamId: 4, limit: 9, length: 3 }],
    ['1609', { type: 'streams_blocked', unidirectional: false, limit: 9, length: 2 }],
    [
      `18020102aabb${'00'.repeat(16)}`,
      { type: 'new_connection_id', sequence: 2, retirePriorTo: 1, connectionId: 'aabb', length: 22 },
    ],
    ['1902', { type: 'retire_connection_id', sequence: 2, length: 2 }],
    ['1a0102030405060708', { type: 'path_challenge', data: '0102030405060708', length: 9 }],
    [
      '1c0a08026869',
      { type: 'connection_close', application: false, code: 10, frameType: 8, reason: 'hi', length: 6 },
    ],
    [
      '1d07021b68',
      { type: 'connection_close', application: true, code: 7, frameType: 0, reason: '?h', length: 5 },
    ],
    ['1e', { type: 'handshake_done', length: 1 }],
    ['3102aabb', { type: 'datagram', dataLength: 2, length: 4 }],
    // draft-ietf-quic-multipath §4.
    ['3e030a050000', { type: 'ack', pathId: 3, rawDelay: 5, ranges: [[10, 10]], ecn: undefined, length: 6 }],
    [
      '3f030a050000010203',
      {
        type: 'ack',
        pathId: 3,
        rawDelay: 5,
        ranges: [[10, 10]],
        ecn: { ect0: 1, ect1: 2, ce: 3 },
        length: 9,
      },
    ],
    ['7e75013e', { type: 'path_abandon', pathId: 1, code: 62, length: 4 }],
    ['7e760205', { type: 'path_status_backup', pathId: 2, sequence: 5, length: 4 }],
    ['7e770206', { type: 'path_status_available', pathId: 2, sequence: 6, length: 4 }],
    [
      `7e7801020102aabb${'00'.repeat(16)}`,
      {
        type: 'path_new_connection_id',
        pathId: 1,
        sequence: 2,
        retirePriorTo: 1,
        connectionId: 'aabb',
        length: 24,
      },
    ],
    ['7e790102', { type: 'path_retire_connection_id', pathId: 1, sequence: 2, length: 4 }],
    ['7e7a05', { type: 'max_path_id', maximum: 5, length: 3 }],
    ['7e7b05', { type: 'paths_blocked', maximum: 5, length: 3 }],
    ['7e7c0102', { type: 'path_cids_blocked', pathId: 1, nextSequence: 2, length: 4 }],
  ])('%s', (hex, record) => {
    expect(walk(hex)).toEqual([record]);
  });
});

test('frames follow each other; the bounds of the payload hold', () => {
  const bytes = fromHex('ff01101e000000ff');
  expect(decodeFrames(bytes, 1, 2)).toEqual([{ type: 'ping', length: 1 }]);
  expect(decodeFrames(bytes, 3, 7).map(({ type, length }) => [type, length])).toEqual([
    ['handshake_done', 1],
    ['padding', 3],
  ]);
  expect(decodeFrames(bytes, 1, 1)).toEqual([]);
});

test.each([
  ['an unknown type', '012aaabb'],
  ['a frame cut short', '010605'],
  ['data beyond the end', '010609ff'],
  ['a range below packet number 0', '010201000009'],
])('%s is what is left, as one record', (_what, hex) => {
  const [ping, rest, ...more] = walk(hex);
  expect(ping).toEqual({ type: 'ping', length: 1 });
  expect(rest).toMatchObject({ type: 'unknown', length: hex.length / 2 - 1 });
  expect(more).toEqual([]);
});
