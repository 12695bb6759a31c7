import { expect, test } from '@jest/globals';
import * as bytes from './index.ts';

test('the public names', () => {
  expect(Object.keys(bytes).sort()).toEqual([
    'ByteReader',
    'ByteWriter',
    'MAX_VARINT',
    'concatBytes',
    'decodeVarint',
    'encodeVarint',
    'equalBytes',
    'fromHex',
    'toHex',
    'varintLength',
  ]);
});
