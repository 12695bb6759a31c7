import { expect, test } from '@jest/globals';
import * as index from './index.ts';

/** An export is a promise: none is added by accident. */
test('the entry exports these names', () => {
  expect(Object.keys(index).sort()).toEqual([
    'CapsuleReader',
    'DATAGRAM_CAPSULE',
    'Http3Code',
    'Http3Connection',
    'SettingId',
    'decodePriority',
    'earlySettings',
    'encodeCapsule',
    'encodePriority',
    'tellStreamHandlers',
  ]);
});
