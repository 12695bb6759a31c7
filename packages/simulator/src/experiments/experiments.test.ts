import { describe, expect, test } from '@jest/globals';
import { controllerByName } from '@tsquic/congestion';
import { Group } from '@tsquic/crypto';
import { RUN_OPTIONS } from '../../test/run-options.ts';
import { drawnScenario } from '../drawn-text.ts';
import { negotiatedVersion, QUIC_1, QUIC_2 } from '../negotiated-version.ts';
import { PATH_SCHEDULER_NAMES } from '../path-schedulers.ts';
import type { Scenario } from '../scenario.ts';
import { runScenario } from '../scenario-run.ts';
import { runFairness } from './fairness.ts';
import { runFrameFuzz } from './frame-fuzz.ts';
import { describeMask, MASK_FLIGHTS, MASKS, runHandshakeMasks } from './handshake-masks.ts';
import { LOSS_CEILINGS, runLossRow } from './loss-table.ts';
import { createRandomScenario } from './random-scenario.ts';

describe('loss table', () => {
  // The rows of 75 % take long: `pnpm sim loss-table` has them.
  const rows = LOSS_CEILINGS.filter(({ percent }) => percent <= 50);
  test.each(rows.map((row) => [row.percent, row.direction, row] as const))(
    'a handshake and a request at %d %% loss, %s (seeds 1 to 100)',
    (_percent, _direction, ceiling) => {
      const { failures, times, faults } = runLossRow(ceiling, 100, RUN_OPTIONS);
      expect({ failures, faults }).toEqual({ failures: 0, faults: [] });
      expect(times.mean).toBeLessThanOrEqual(ceiling.mean);
      expect(times.median).toBeLessThanOrEqual(ceiling.median);
      expect(times.p90).toBeLessThanOrEqual(ceiling.p90);
    },
  );
});

describe('handshake masks', () => {
  test('are written as fates', () => {
    expect(describeMask(0b000011_000101)).toBe('up x.x... down xx....');
  });

  test.each(MASK_FLIGHTS)('every 31st mask, %s flight', (flight) => {
    const masks = Array.from({ length: Math.ceil(MASKS / 31) }, (_, i) => i * 31);
    expect(runHandshakeMasks(flight, masks, { ...RUN_OPTIONS, seed: 1 }).faults).toEqual([]);
  });
});

test.each(Array.from({ length: 40 }, (_, i) => i + 1))('a made-up scenario (seed %i)', (seed) => {
  expect(runScenario(createRandomScenario(seed), { ...RUN_OPTIONS, seed }).faults).toEqual([]);
});

test('what is drawn is everything that there is to draw (seeds 1 to 300)', () => {
  const scenarios = Array.from({ length: 300 }, (_, i) => createRandomScenario(i + 1));
  const missing = (name: string, choices: readonly unknown[], of: (one: Scenario) => readonly unknown[]) => {
    const drawn = new Set(scenarios.flatMap((one) => of(one).map((value) => JSON.stringify(value))));
    return choices.filter((choice) => !drawn.has(JSON.stringify(choice))).map((choice) => [name, choice]);
  };
  const sides = ({ client, server }: Scenario) => [client, server];
  expect([
    ...missing('version', [undefined, QUIC_1, QUIC_2], (one) => [negotiatedVersion(one)]),
    ...missing('first version', [QUIC_1, QUIC_2], ({ versions }) => [versions?.client?.[0]]),
    ...missing('spin bit', ['on', 'random', 'off'], (one) => sides(one).map((side) => side?.spinBit)),
    ...missing('QUIC bit', [true], (one) => sides(one).map((side) => side?.greaseQuicBit)),
    ...missing('place', ['home', 'port', 'address', 'family'], ({ moves = [] }) => moves.map(({ to }) => to)),
    ...missing('move', ['probe', 'validated', 'at-once'], ({ moves = [] }) => moves.map(({ how }) => how)),
    ...missing('family', ['ipv6'], ({ family }) => [family]),
    ...missing('NAT', [true], ({ nat }) => [nat !== undefined]),
    ...missing('offer', ['ipv4', 'ipv6', 'both'], ({ preferred }) => [preferred?.offered]),
    ...missing('followed', [true, false], ({ preferred }) => [preferred?.isFollowed]),
    ...missing('0-RTT', ['accepted', 'held', 'rejected'], ({ earlyData }) => [earlyData]),
    ...missing('datagrams', [1, 20, 200], ({ datagrams }) => [datagrams]),
    ...missing('ACK_FREQUENCY', [true], (one) => sides(one).map((side) => side?.ackFrequency)),
    ...missing('priority', [true], ({ exchanges }) =>
      exchanges.map(({ priority }) => priority !== undefined),
    ),
    ...missing('RESET_STREAM_AT', [true], ({ exchanges }) =>
      exchanges.map(({ reliableBytes }) => reliableBytes !== undefined),
    ),
    ...missing('train', [65_536], ({ sendBufferBytes }) => [sendBufferBytes]),
    ...missing('keys', [1, 10, 50], (one) => sides(one).map((side) => side?.keyUpdatePackets)),
    ...missing('Retry', ['always'], ({ retry }) => [retry]),
    ...missing('paths', [0, 1, 2, 3, 4], ({ client }) => [client?.maxPaths]),
    ...missing(
      'paths',
      ['open', 'open-backup', 'abandon', 'backup', 'available', 'renew-ids', 'bind'],
      ({ moves = [] }) => moves.map(({ how }) => how),
    ),
    ...missing('bound to', [0, 1, 2, 'all', undefined], ({ moves = [] }) =>
      moves.flatMap(({ how, path }) => (how === 'bind' ? [path] : [])),
    ),
    ...missing('datagrams bound to', [0, 1, 'all'], ({ datagramPath }) => [datagramPath]),
    ...missing('scheduler', PATH_SCHEDULER_NAMES, ({ scheduler }) => [scheduler]),
    ...missing('copies', [true], (one) => sides(one).map((side) => side?.redundantPaths)),
    ...missing('kept alive', [true], (one) => sides(one).map((side) => side?.pathKeepAliveMs !== undefined)),
    ...missing('idle paths', [true], (one) =>
      sides(one).map((side) => side?.pathIdleTimeoutMs !== undefined),
    ),
    ...missing('group', [Group.X25519MLKEM768], ({ groups }) => groups ?? []),
  ]).toEqual([]);
  expect(drawnScenario(scenarios[0]!)).toMatch(/^up: \{.*exchanges: \[/);
});

test('packets changed before encryption harm nobody else (seeds 1 to 150)', () => {
  const { createCrypto } = RUN_OPTIONS;
  const results = Array.from({ length: 150 }, (_, i) => runFrameFuzz({ seed: i + 1, createCrypto }));
  expect(results.flatMap(({ seed, faults }) => faults.map((fault) => `seed ${seed}: ${fault}`))).toEqual([]);
  const codes = new Set(results.flatMap(({ ends }) => ends.map((end) => ('code' in end ? end.code : -1))));
  // FRAME_ENCODING_ERROR, PROTOCOL_VIOLATION and STREAM_STATE_ERROR at least: RFC 9000 §20.1.
  for (const code of [0x07, 0x0a, 0x05]) expect(codes).toContain(code);
  expect(results.filter(({ changed }) => changed > 0).length).toBeGreaterThan(100);
});

test('two equal flows share a bottleneck evenly and fill it', () => {
  const congestion = controllerByName('newreno');
  const result = runFairness({
    seed: 1,
    createCrypto: RUN_OPTIONS.createCrypto,
    flows: [0, 1].map((index) => ({ name: String(index), congestion, startUs: index * 500_000 })),
    bottleneck: { bytesPerSecond: 625_000, delayUs: 20_000, queueBytes: 40_000 },
    durationUs: 15_000_000,
    measureFromUs: 5_000_000,
  });
  expect(result.jain).toBeGreaterThan(0.9);
  expect(result.utilisation).toBeGreaterThan(0.9);
  expect(result.queueMs.max).toBeLessThan(66);
});
