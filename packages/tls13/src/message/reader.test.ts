import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TlsAlert } from '../alerts.ts';
import { MessageReader } from './reader.ts';
import { MessageWriter } from './writer.ts';

const SEED = 8446;

describe('MessageReader and MessageWriter', () => {
  test('are each other’s inverse', () => {
    const bytes = fc.uint8Array({ maxLength: 255 });
    fc.assert(
      fc.property(
        fc.nat(0xff),
        fc.nat(0xffff),
        fc.nat(0xffff_ffff),
        bytes,
        bytes,
        bytes,
        (a, b, c, x, y, z) => {
          const writer = new MessageWriter();
          writer.u8(a);
          writer.u16(b);
          writer.u32(c);
          writer.opaque8(x);
          writer.opaque16(y);
          writer.vector(3, () => writer.bytes(z));
          const reader = new MessageReader(writer.finish());
          expect([reader.u8(), reader.u16(), reader.u32()]).toEqual([a, b, c]);
          expect([reader.opaque8(), reader.opaque16(), reader.opaque24()]).toEqual([x, y, z]);
          reader.finish();
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  test.each<[string, (reader: MessageReader) => unknown, number]>([
    ['u8', (reader) => reader.u8(), 0],
    ['u16', (reader) => reader.u16(), 1],
    ['u24', (reader) => reader.u24(), 2],
    ['u32', (reader) => reader.u32(), 3],
    ['take', (reader) => reader.take(4), 3],
    ['opaque8', (reader) => reader.opaque8(), 5],
    ['opaque16', (reader) => reader.opaque16(), 5],
    ['opaque24', (reader) => reader.opaque24(), 5],
  ])('%s past the end is decode_error', (_name, read, length) => {
    expect(() => read(new MessageReader(new Uint8Array(length).fill(9)))).toThrow(TlsAlert);
  });

  test('a vector shorter than it may be, and bytes left over, are decode_error', () => {
    expect(() => new MessageReader(Uint8Array.of(1, 9)).opaque8(2)).toThrow('shorter than 2');
    expect(() => new MessageReader(Uint8Array.of(1)).finish()).toThrow('1 bytes too many');
  });

  test('numbers and vectors that do not fit are our own mistakes', () => {
    const writer = new MessageWriter();
    expect(() => writer.u16(0x1_0000)).toThrow(RangeError);
    expect(() => writer.opaque8(new Uint8Array(256))).toThrow(RangeError);
    expect(() => writer.vector(1, () => writer.bytes(new Uint8Array(256)))).toThrow(RangeError);
  });

  test('the buffer grows under every kind of write', () => {
    const writer = new MessageWriter();
    for (let i = 0; i < 600; i++) writer.u8(i & 0xff);
    writer.bytes(new Uint8Array(5000).fill(3));
    writer.vector(2, () => writer.bytes(new Uint8Array(20_000).fill(4)));
    const bytes = writer.finish();
    expect(bytes.length).toBe(600 + 5000 + 2 + 20_000);
    expect([bytes[599], bytes[600], bytes[5599], bytes[5600], bytes[5602]]).toEqual([
      599 & 0xff,
      3,
      3,
      20_000 >> 8,
      4,
    ]);
  });
});
