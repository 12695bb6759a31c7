import { expect, test } from '@jest/globals';
import * as bytes from './index.ts';

test('the public names', () => {
  expect(Object.keys(bytes).sort()).toEqual([
    'ByteReader',
    'ByteWriter',
    'MAX_VARINT',
    'bytesFromLatin1',
    'concatBytes',
    'decodeUtf8',
    'decodeVarint',
    'encodeUtf8',
    'encodeVarint',
    'equalBytes',
    'fromHex',
    'latin1FromBytes',
    'toHex',
    'varintLength',
  ]);
});
