import { expect, test } from '@jest/globals';
import { compress, decode, decompress, encode } from './ml-kem-coding.ts';
import { N, Q } from './ml-kem-ring.ts';

/** FIPS 203 §4.2.1, in fractions. */
const rounded = (x: number, bits: number): number => {
  const scaled = BigInt(x) * 2n ** BigInt(bits);
  return Number(((2n * scaled + BigInt(Q)) / (2n * BigInt(Q))) % 2n ** BigInt(bits));
};

test.each([1, 4, 10])(
  'every residue, negative ones too, is rounded to %i bits as the standard has it',
  (bits) => {
    for (let from = -Q; from < Q; from += N) {
      const f = new Int16Array(N).map((_, i) => Math.min(from + i, Q - 1));
      const expected = [...f].map((x) => rounded((x + Q) % Q, bits));
      compress(f, bits);
      expect([...f]).toEqual(expected);
    }
  },
);

test.each([1, 4, 10])('what is expanded from %i bits is the nearest residue', (bits) => {
  const values = Array.from({ length: 2 ** bits }, (_, i) => i);
  for (let from = 0; from < values.length; from += N) {
    const f = new Int16Array(N).map((_, i) => values[(from + i) % values.length]!);
    const before = [...f];
    decompress(f, bits);
    expect([...f]).toEqual(before.map((y) => Math.floor((y * Q) / 2 ** bits + 0.5)));
  }
});

test.each([1, 4, 10, 12])('coefficients of %i bits are the bytes that were read', (bits) => {
  const bytes = new Uint8Array((N * bits) / 8 + 2).map((_, i) => (i * 167 + 13) & 0xff);
  const out = new Uint8Array(bytes.length);
  encode(decode(bytes, 2, bits), bits, out, 2);
  expect(out.subarray(2)).toEqual(bytes.subarray(2));
});
