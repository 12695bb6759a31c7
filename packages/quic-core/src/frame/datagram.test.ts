import { describe, expect, test } from '@jest/globals';
import { ByteReader, ByteWriter, fromHex, toHex } from '@tsquic/bytes';
import {
  createDatagramFrame,
  datagramDataRoom,
  datagramFrameLength,
  decodeDatagram,
  encodeDatagram,
} from './datagram.ts';

const DATA = Uint8Array.of(1, 2, 3);

describe('DATAGRAM (RFC 9221 §4)', () => {
  test.each([
    ['with its length, where there is room', 9, '3103010203'],
    ['with its length, which takes up the room', 5, '3103010203'],
    ['without a length as the last of its packet', 4, '30010203'],
    ['not at all', 3, undefined],
  ])('is written %s', (_name, room, wire) => {
    const writer = new ByteWriter(new Uint8Array(room));
    expect(encodeDatagram(writer, DATA)).toBe(wire !== undefined);
    expect(toHex(writer.buffer.subarray(0, writer.position))).toBe(wire ?? '');
  });

  test('has PADDING before it, where its length alone does not fit', () => {
    const data = new Uint8Array(64).fill(9);
    const writer = new ByteWriter(new Uint8Array(66));
    expect(encodeDatagram(writer, data)).toBe(true);
    expect(toHex(writer.buffer)).toBe(`0030${'09'.repeat(64)}`);
  });

  test.each([
    ['31', '03010203ff', 3, 1, false],
    ['31', '00', 0, 0, false],
    ['30', '010203ff', 4, 0, false],
    ['30', '', 0, 0, false],
    ['31', '0401', 4, 0, true],
    ['31', '40', 0, 0, true],
  ])('type 0x%s followed by %s is read', (type, hex, length, left, truncated) => {
    const frame = createDatagramFrame();
    const reader = new ByteReader(fromHex(hex));
    decodeDatagram(reader, Number.parseInt(type, 16), frame);
    expect(reader.truncated).toBe(truncated);
    if (truncated) return;
    expect([frame.dataEnd - frame.dataAt, reader.remaining]).toEqual([length, left]);
  });

  test('what fits into a frame is all that fits', () => {
    for (const bytes of [2, 3, 64, 65, 66, 67, 1200, 16_385, 16_386, 16_387, 16_388, 16_389, 65_535]) {
      const most = datagramDataRoom(bytes);
      expect(datagramFrameLength(most)).toBeLessThanOrEqual(bytes);
      expect(datagramFrameLength(most + 1)).toBeGreaterThan(bytes);
    }
    expect(datagramDataRoom(1)).toBe(-1);
  });
});
