import { expect, test } from '@jest/globals';
import { createClient } from '../../test/support/contexts.ts';
import { DEFAULT_TRANSPORT, TRANSPORT_RANGES, type TransportOptions } from './transport-options.ts';

const KIB = 2 ** 10;
const MIB = 2 ** 20;

// What docs/limits.md and the comments of the options promise.
test('options that a program leaves out', () => {
  expect(DEFAULT_TRANSPORT).toEqual({
    idleTimeoutMs: 30_000,
    handshakeTimeoutMs: 10_000,
    connectionWindowBytes: 512 * KIB,
    maxConnectionWindowBytes: 16 * MIB,
    streamWindowBytes: 256 * KIB,
    maxStreamWindowBytes: 8 * MIB,
    maxBidirectionalStreams: 100,
    maxUnidirectionalStreams: 100,
    maxSendBufferBytes: 48 * MIB,
    maxCongestionWindowBytes: 32 * MIB,
    maxAckDelayMs: 25,
    maxUdpPayloadBytes: 1452,
    initialRttUs: 333_000,
    keepAliveMs: 0,
    defaultStreamPriority: 8,
    reliableReset: true,
    disableActiveMigration: false,
    ackFrequency: false,
    maxPaths: 0,
    ecn: true,
    spinBit: 'on',
    greaseQuicBit: false,
    keyUpdatePackets: 2 ** 20,
    confidentialityLimitPackets: Number.MAX_SAFE_INTEGER,
    integrityLimitPackets: Number.MAX_SAFE_INTEGER,
    maxDatagramFrameBytes: 0,
    datagramPriority: 8,
    maxOutgoingDatagrams: 1024,
    maxOutgoingDatagramBytes: 256 * KIB,
    outgoingDatagramDrop: 'newest',
    redundantPaths: false,
    pathKeepAliveMs: 0,
    pathIdleTimeoutMs: 0,
    maxIncomingDatagrams: 1024,
    maxIncomingDatagramBytes: 256 * KIB,
    incomingDatagramDrop: 'oldest',
  });
});

const MOST = Number.MAX_SAFE_INTEGER;
const numbers = Object.entries(DEFAULT_TRANSPORT).filter(([, value]) => typeof value === 'number');

test.each(
  numbers.map(
    ([name]) => [name, ...(TRANSPORT_RANGES[name as keyof TransportOptions] ?? [0, MOST])] as const,
  ),
)('%s may be %i and %i, and nothing beyond them', (name, low, high) => {
  for (const value of [low, high]) expect(() => createClient({ transport: { [name]: value } })).not.toThrow();
  for (const value of [low - 1, high + 1, low + 0.5, NaN, Infinity])
    expect(() => createClient({ transport: { [name]: value } })).toThrow(
      `${name} must be an integer from ${low} to ${high}`,
    );
});

test('no handshake can succeed without time, nor with a first timeout of more than a minute', () => {
  expect(TRANSPORT_RANGES.handshakeTimeoutMs).toEqual([1, MOST]);
  expect(TRANSPORT_RANGES.initialRttUs).toEqual([1, 60_000_000]);
});
