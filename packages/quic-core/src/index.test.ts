import { expect, test } from '@jest/globals';
import * as core from '@tsquic/quic-core';

test('public names', () => {
  expect(Object.keys(core).sort()).toEqual([
    'CONTEXT_OPTION_NAMES',
    'Drop',
    'ERROR_CODES',
    'PacketType',
    'QuicContext',
    'QuicUsageError',
    'TRANSPORT_OPTION_NAMES',
    'TransportCode',
    'alertOf',
    'checkOptionNames',
    'closeErrorCode',
    'createOutgoingDatagram',
    'createQuicContext',
    'decodeFrames',
    'dropName',
    'sameAddress',
    'transportCodeName',
    'usageErrorCode',
  ]);
});
