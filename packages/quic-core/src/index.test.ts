import { expect, test } from '@jest/globals';
import * as core from '@tsquic/quic-core';

test('public names', () => {
  expect(Object.keys(core).sort()).toEqual([
    'ADDRESS_LIMIT_NAMES',
    'CONTEXT_OPTION_NAMES',
    'Drop',
    'ERROR_CODES',
    'LowestRtt',
    'PacketType',
    'QuicContext',
    'QuicUsageError',
    'TRANSPORT_OPTION_NAMES',
    'TRANSPORT_RANGES',
    'TransportCode',
    'addressText',
    'alertOf',
    'checkOptionNames',
    'closeErrorCode',
    'createOutgoingDatagram',
    'createQuicContext',
    'createReplayStore',
    'decodeFrames',
    'dropName',
    'priorityOf',
    'sameAddress',
    'showAs',
    'transportCodeName',
    'usageErrorCode',
  ]);
});
