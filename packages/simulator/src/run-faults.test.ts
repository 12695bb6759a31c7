import { describe, expect, test } from '@jest/globals';
import type { QuicEvent } from '@tsquic/quic-core';
import { RUN_OPTIONS } from '../test/run-options.ts';
import { ClientMoves } from './client-moves.ts';
import { DatagramTraffic } from './datagram-traffic.ts';
import { earlyDataFaults } from './early-data-faults.ts';
import { negotiatedVersion, QUIC_1, QUIC_2, versionFaults } from './negotiated-version.ts';
import { createConnectedPair, type Pair } from './pair.ts';
import type { Peer } from './peer.ts';
import { runScenario } from './scenario-run.ts';
import type { Scenario } from './scenario.ts';

const BASE: Scenario = {
  name: 'a run',
  about: 'whose events are changed afterwards',
  link: { delayUs: 10_000 },
  exchanges: [{ requestBytes: 100, responseBytes: 1000 }],
  ceilingUs: 10_000_000,
};
const id = { connection: 0 };
const HOME = { ip: '10.0.0.1', port: 5001 };
const SECOND = { ip: '10.0.1.1', port: 5002 };
const SERVER = { ip: '10.0.0.2', port: 443 };
const PREFERRED = { ip: '198.51.100.7', port: 4433 };

function play(more: Partial<Scenario>): Pair {
  const result = runScenario({ ...BASE, ...more }, { ...RUN_OPTIONS, seed: 1 });
  expect(result.faults).toEqual([]);
  return result.pair;
}

/** An event that never came. */
function plant(peer: Peer, event: QuicEvent): void {
  peer.events.push(event);
}

describe('versions', () => {
  // RFC 9368 §2.3, §2.1: the server's choice among the client's; where it does not speak the first, the client's.
  test.each([
    [undefined, undefined, QUIC_1],
    [[QUIC_2, QUIC_1], undefined, QUIC_2],
    [[QUIC_1, QUIC_2], [QUIC_2, QUIC_1], QUIC_2],
    [[QUIC_1, QUIC_2], [QUIC_2], QUIC_2],
    [[QUIC_1], [QUIC_2, QUIC_1], QUIC_1],
    [[QUIC_1], [QUIC_2], undefined],
  ])('client %j, server %j: %s', (client, server, expected) => {
    const versions = { ...(client !== undefined && { client }), ...(server !== undefined && { server }) };
    expect(negotiatedVersion({ versions })).toBe(expected);
    if (expected === undefined) play({ versions, exchanges: [], ends: 'version-negotiation' });
    else play({ versions });
  });

  test('that are others are a fault on both sides', () => {
    const pair = play({});
    const scenario = { ...BASE, versions: { client: [QUIC_2] } };
    expect(versionFaults(scenario, pair)).toEqual([
      `the client speaks version 1, not ${QUIC_2}`,
      `the server speaks version 1, not ${QUIC_2}`,
    ]);
  });
});

describe('0-RTT', () => {
  test('that is accepted at once must not be held, nor believed where it was rejected', () => {
    const pair = play({ earlyData: 'accepted' });
    expect(pair.client.eventsOf('early-data').map(({ state }) => state)).toEqual(['offered', 'accepted']);
    expect(earlyDataFaults({ ...BASE, earlyData: 'held' }, pair)).toEqual([
      'the server hears of stream 0 before the handshake is complete',
    ]);
    expect(earlyDataFaults({ ...BASE, earlyData: 'rejected' }, pair)).toEqual([
      'the client believes that its 0-RTT was accepted',
    ]);
    plant(pair.client, { type: 'early-data', ...id, state: 'rejected', alpn: '', serverName: '' });
    expect(earlyDataFaults({ ...BASE, earlyData: 'accepted' }, pair)).toEqual([
      '0-RTT was accepted and rejected',
    ]);
  });

  test.each(['held', 'rejected'] as const)('that is %s arrives after the handshake', (earlyData) => {
    const { server } = play({ earlyData });
    const types = server.events.map(({ type }) => type);
    expect(types.indexOf('stream-opened')).toBeGreaterThan(types.indexOf('connected'));
  });
});

describe('moves', () => {
  const moves = [{ afterUs: 1000, to: 'address', how: 'validated' }] as const;
  const exchanges = [...BASE.exchanges, { requestBytes: 10, responseBytes: 10, afterMoves: true }];

  test('lead to the other address, and a path must be validated before it is used', () => {
    const pair = play({ moves, exchanges });
    const seen = pair.client.eventsOf('path').map(({ change, local }) => `${change} ${local.ip}`);
    expect(seen.slice(0, 2)).toEqual(['validated 10.0.1.1', 'active 10.0.1.1']);
    const judge = (scenario: Partial<Scenario>): string[] =>
      new ClientMoves({ ...BASE, ...scenario }).faults(pair);
    expect(judge({ moves })).toEqual([]);
    const active = { type: 'path', ...id, change: 'active' } as const;
    plant(pair.client, { ...active, local: HOME, remote: SERVER });
    expect(judge({ moves })).toEqual([]);
    plant(pair.client, { ...active, local: { ...SECOND, port: 1 }, remote: SERVER });
    expect(judge({ moves })).toEqual(['the client uses 10.0.1.1:1 to 10.0.0.2:443, which was not validated']);
  });

  test('to a preferred address come after its validation on both sides', () => {
    const preferred = { offered: 'both', isFollowed: true } as const;
    const pair = play({ preferred, pauseUs: 1_000_000 });
    const judge = (): string[] => new ClientMoves({ ...BASE, preferred }).faults(pair);
    expect(pair.client.connections[0]!.remoteAddress).toEqual(PREFERRED);
    expect(judge()).toEqual([]);
    for (const { events } of [pair.client, pair.server]) {
      const at = events.findIndex((event) => event.type === 'path' && event.change === 'validated');
      events.splice(at, 1);
    }
    expect(judge()).toEqual([
      'the client uses 10.0.0.1:5001 to 198.51.100.7:4433, which was not validated',
      'the server uses 198.51.100.7:4433 to 10.0.0.1:5001, which was not validated',
    ]);
  });

  test('are forbidden by a server that says so alone', () => {
    play({ moves, exchanges, server: { disableActiveMigration: true } });
    const result = runScenario(
      { ...BASE, moves: [{ ...moves[0], to: 'family' }], preferred: { offered: 'ipv6', isFollowed: true } },
      { ...RUN_OPTIONS, seed: 1 },
    );
    expect(result.faults).toEqual([]);
  });
});

describe('datagrams', () => {
  const transport = { maxDatagramFrameBytes: 1200 };

  function traffic(): { pair: Pair; datagrams: DatagramTraffic } {
    const pair = createConnectedPair({
      createCrypto: RUN_OPTIONS.createCrypto,
      client: { transport },
      server: { transport },
    });
    const datagrams = new DatagramTraffic(20);
    pair.run(() => {
      datagrams.advance(pair, true);
      return false;
    }, 1_000_000);
    expect(pair.client.eventsOf('datagram-outcome')).toHaveLength(20);
    expect(datagrams.faults(pair)).toEqual([]);
    return { pair, datagrams };
  }

  test.each([
    ['acknowledged', 99, 'the client heard that datagram 99 arrived, which did not come'],
    ['lost', 3, 'the client heard twice of datagram 3: acknowledged, lost'],
    ['dropped', 3, 'the client heard that datagram 3 never left, which came'],
  ] as const)('an outcome that does not fit: %s, of %i', (outcome, tag, fault) => {
    const { pair, datagrams } = traffic();
    plant(pair.client, { type: 'datagram-outcome', ...id, tag, outcome });
    expect(datagrams.faults(pair)).toContain(fault);
  });

  test('one that comes twice, and one that comes changed', () => {
    const { pair, datagrams } = traffic();
    pair.client.connection.datagrams.send(Uint8Array.of(3, 2));
    pair.client.connection.datagrams.send(Uint8Array.of(200, 7));
    pair.pass(1_000_000);
    expect(datagrams.faults(pair)).toEqual(['datagram 3 came twice', 'a datagram came changed']);
  });
});
