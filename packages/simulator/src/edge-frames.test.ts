import { describe, expect, test } from '@jest/globals';
import { decodeFrames } from '@tsquic/quic-core';
import { createEdgeFrame, FRAME_SHAPES } from './edge-frames.ts';
import { mutatePayload, splitFrames } from './frame-mutation.ts';
import { createRandom } from './random.ts';

/** PING, MAX_DATA 1000, STREAM 4 with three bytes, PADDING twice. RFC 9000 §19 */
const PAYLOAD = Uint8Array.from([0x01, 0x10, 0x43, 0xe8, 0x0a, 0x04, 0x03, 1, 2, 3, 0, 0]);

describe('edge frames', () => {
  test('every type of RFC 9000 is among them, all forms of STREAM, and types that nobody defined', () => {
    const types = new Set(FRAME_SHAPES.map(({ type }) => type));
    for (let type = 0; type <= 0x1e; type++) expect(types).toContain(type);
    // IMMEDIATE_ACK and ACK_FREQUENCY, RESET_STREAM_AT, DATAGRAM.
    for (const type of [0x1f, 0xaf, 0x24, 0x30, 0x31]) expect(types).toContain(type);
    // Those of multipath.
    for (const type of [0x3e, 0x3f]) expect(types).toContain(type);
    for (let type = 0x3e75; type <= 0x3e7c; type++) expect(types).toContain(type);
    expect([...types].some((type) => type > 0x31)).toBe(true);
  });

  test('most can be decoded: what is wrong with them is what they say (seed 1)', () => {
    const random = createRandom(1);
    let decoded = 0;
    for (let i = 0; i < 1000; i++) {
      const frame = createEdgeFrame(random);
      if (decodeFrames(frame, 0, frame.length).every(({ type }) => type !== 'unknown')) decoded++;
    }
    expect(decoded).toBeGreaterThan(500);
  });
});

describe('mutation', () => {
  test('a payload is split where its frames begin', () => {
    expect(splitFrames(PAYLOAD).map(({ length }) => length)).toEqual([1, 3, 6, 2]);
    expect(splitFrames(new Uint8Array(0))).toEqual([new Uint8Array(0)]);
  });

  test('leaves the original as it was, keeps the limit, and nearly always changes something (seed 2)', () => {
    const random = createRandom(2);
    const original = PAYLOAD.slice();
    let changed = 0;
    for (let i = 0; i < 1000; i++) {
      const limit = 12 + random.integer(1000);
      const result = mutatePayload(PAYLOAD, limit, random);
      expect(result.length).toBeLessThanOrEqual(limit);
      if (Buffer.compare(result, PAYLOAD) !== 0) changed++;
    }
    expect(PAYLOAD).toEqual(original);
    expect(changed).toBeGreaterThan(900);
  });
});
