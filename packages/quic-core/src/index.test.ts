import { expect, test } from '@jest/globals';
import * as core from '@tsquic/quic-core';

test('public names', () => {
  expect(Object.keys(core).sort()).toEqual([
    'Drop',
    'PacketType',
    'QuicContext',
    'QuicUsageError',
    'TransportCode',
    'createOutgoingDatagram',
    'createQuicContext',
    'decodeFrames',
    'dropName',
    'sameAddress',
  ]);
});
