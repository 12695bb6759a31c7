import { describe, expect, test } from '@jest/globals';
import { bytesFromLatin1, fromHex, latin1FromBytes, toHex } from '@tsquic/bytes';
import fc from 'fast-check';
import { decodeHuffman, encodeHuffman, huffmanLength } from './huffman.ts';

/** Coded strings of RFC 7541 §C.4 and §C.6. */
const EXAMPLES: readonly (readonly [text: string, hex: string])[] = [
  ['www.example.com', 'f1e3c2e5f23a6ba0ab90f4ff'],
  ['no-cache', 'a8eb10649cbf'],
  ['custom-key', '25a849e95ba97d7f'],
  ['custom-value', '25a849e95bb8e8b4bf'],
  ['302', '6402'],
  ['private', 'aec3771a4b'],
  ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07abe941054d444a8200595040b8166e082a62d1bff'],
  ['https://www.example.com', '9d29ad171863c78f0b97c8e9ae82ae43d3'],
];

function encode(text: string): Uint8Array {
  const out = new Uint8Array(huffmanLength(text));
  encodeHuffman(text, out, 0);
  return out;
}

const decode = (hex: string, most = 1000): string | undefined => {
  const bytes = fromHex(hex);
  const decoded = decodeHuffman(bytes, 0, bytes.length, most);
  return decoded && latin1FromBytes(decoded);
};

describe('Huffman codes', () => {
  test.each(EXAMPLES)('%s', (text, hex) => {
    expect(toHex(encode(text))).toBe(hex);
    expect(decode(hex)).toBe(text);
  });

  test('what is encoded is decoded, with any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const coded = encode(latin1FromBytes(bytes));
        expect(decodeHuffman(coded, 0, coded.length, bytes.length)).toEqual(bytes);
      }),
      { seed: 9204, numRuns: 500 },
    );
  });

  test.each([
    ['eight bits of padding', '1fff'],
    ['padding that is not of ones', '18'],
    ['zeros as padding', 'f1e3c2e5f23a6ba0ab90f400'],
    ['EOS', 'fffffffc'],
    ['EOS after a byte', '1fffffff'],
    ['nothing but padding of a byte', 'ff'],
  ])('%s is invalid', (_title, hex) => {
    expect(decode(hex)).toBeUndefined();
  });

  test('no bytes are no characters, and seven bits may fill the last byte', () => {
    expect(decode('')).toBe('');
    // 'a' is 00011, 'n' 101010, '2' 00010: three, two and three bits of padding follow.
    expect([decode('1f'), decode('ab'), decode('17')]).toEqual(['a', 'n', '2']);
    // '*' has eight bits; ':' and 'B' have seven.
    expect([decode('f9'), decode('b9'), decode('bb')]).toEqual(['*', ':', 'B']);
  });

  test('the work ends with the first byte that is too much', () => {
    const coded = encode('0'.repeat(100_000));
    expect(decodeHuffman(coded, 0, coded.length, 10)).toHaveLength(11);
    expect(bytesFromLatin1('0'.repeat(10))).toEqual(
      decodeHuffman(coded.subarray(0, 7), 0, 7, 10)?.subarray(0, 10),
    );
  });
});
