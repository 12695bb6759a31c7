import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { CLIENT_ADDRESS, SECOND_CLIENT_ADDRESS } from '@tsquic/simulator';
import { Level } from '@tsquic/tls13';
import type { QuicContextOptions } from '../src/config/config.ts';
import type { QuicConnection } from '../src/context/handles.ts';
import { TransportCode as Code } from '../src/errors/transport-error.ts';
import { FrameType as Type } from '../src/frame/rules.ts';
import {
  defaultParameters,
  encodeParameters,
  type TransportParameters,
} from '../src/parameters/parameters.ts';
import { rememberedParameters } from '../src/parameters/remembered.ts';
import { type Attacker, PADDING } from './support/attacker.ts';
import {
  attackClient,
  attackServer,
  CONFIRMED_VICTIMS,
  coreOf,
  createClient,
  createServer,
} from './support/contexts.ts';
import { ackFrame, frame } from './support/frames.ts';
import { multipathPair } from './support/multipath-pair.ts';

const APP = Level.Application;
const MS = 1000;
const SECOND = 1_000_000;
const ON: Partial<QuicContextOptions> = { transport: { maxPaths: 2 } };

const offers =
  (initialMaxPathId: number) =>
  (own: TransportParameters): void =>
    void Object.assign(own, { initialMaxPathId });

const send = (attacker: Attacker, payload: Uint8Array): Attacker =>
  attacker.send(APP, concatBytes(payload, PADDING));

const toldOf = (attacker: Attacker, type: number): string[] =>
  attacker.framesOf(type, APP).map(({ values }) => values.join());

const connectionOf = ({ victim }: Attacker): QuicConnection => victim.connection(coreOf(victim).id)!;

function acknowledgeAll(attacker: Attacker): void {
  const numbers = attacker.seen.flatMap(({ level, number }) => (level === APP ? [number] : []));
  send(attacker, ackFrame(numbers));
}

describe.each(CONFIRMED_VICTIMS)('what a %s has told of paths', (_role, attack) => {
  const meet = (): Attacker => {
    const attacker = attack(ON, { parameters: offers(3) }).pass(50 * MS);
    acknowledgeAll(attacker);
    return attacker.pass(SECOND);
  };

  test('is told again where it is lost, until it is acknowledged: PATH_ABANDON, §4.2', () => {
    const attacker = meet();
    send(attacker, frame(Type.PathAbandon, [1, 0])).pass(5 * SECOND);
    const { length } = toldOf(attacker, Type.PathAbandon);
    expect(length).toBeGreaterThan(1);
    expect(new Set(toldOf(attacker, Type.PathAbandon))).toEqual(new Set(['1,0']));
    acknowledgeAll(attacker);
    attacker.pass(20 * SECOND);
    expect(toldOf(attacker, Type.PathAbandon)).toHaveLength(length);
  });

  test('MAX_PATH_ID, once the path is over: §4.6', () => {
    const attacker = meet();
    send(attacker, frame(Type.PathAbandon, [1, 0]));
    acknowledgeAll(attacker);
    attacker.pass(20 * SECOND);
    expect(toldOf(attacker, Type.MaxPathId).length).toBeGreaterThan(1);
    expect(new Set(toldOf(attacker, Type.MaxPathId))).toEqual(new Set(['2']));
    acknowledgeAll(attacker);
    const { length } = toldOf(attacker, Type.MaxPathId);
    attacker.pass(20 * SECOND);
    expect(toldOf(attacker, Type.MaxPathId)).toHaveLength(length);
  });

  test('of statuses only the newest, with increasing numbers: §4.3', () => {
    const attacker = meet();
    const connection = connectionOf(attacker);
    expect(connection.setPathStatus(1, 'backup')).toBe(true);
    send(attacker, frame(Type.Ping));
    expect(connection.setPathStatus(1, 'available')).toBe(true);
    send(attacker, frame(Type.Ping)).pass(5 * SECOND);
    expect(toldOf(attacker, Type.PathStatusBackup)).toEqual(['1,0']);
    expect(toldOf(attacker, Type.PathStatusAvailable).length).toBeGreaterThan(1);
    expect(new Set(toldOf(attacker, Type.PathStatusAvailable))).toEqual(new Set(['1,1']));
  });

  test('another ID for each that was retired, of the same path: §3.2.2', () => {
    const attacker = meet();
    const before = toldOf(attacker, Type.PathNewConnectionId).length;
    send(attacker, frame(Type.PathRetireConnectionId, [1, 0]));
    expect(toldOf(attacker, Type.PathNewConnectionId).slice(before)).toEqual(['1,1,0']);
  });
});

describe('a client that cannot open a path', () => {
  const meet = (initialMaxPathId: number): Attacker =>
    send(
      attackClient(createClient(ON), { parameters: offers(initialMaxPathId) }),
      frame(Type.HandshakeDone),
    ).pass(50 * MS);
  const open = (attacker: Attacker): number | undefined => {
    const id = connectionOf(attacker).openPath({ from: { ip: '192.0.2.9', port: 9 } });
    send(attacker, frame(Type.Ping)).pass(50 * MS);
    return id;
  };

  test('for the limit of its server tells that, once: §3.2.1, §4.7', () => {
    const attacker = meet(0);
    expect([open(attacker), open(attacker)]).toEqual([undefined, undefined]);
    expect(toldOf(attacker, Type.PathsBlocked)).toEqual(['0']);
  });

  test('for a limit of its own tells nothing: §3.2.1', () => {
    const attacker = meet(3);
    expect([open(attacker), open(attacker)]).toEqual([1, undefined]);
    expect(toldOf(attacker, Type.PathsBlocked)).toEqual([]);
  });

  test('for the lack of an ID tells the next that it can get: §3.2.2, §4.7', () => {
    const attacker = meet(3);
    expect(open(attacker)).toBe(1);
    expect(toldOf(attacker, Type.PathCidsBlocked)).toEqual(['1,0']);
  });
});

test.each([
  ['client', () => attackServer(createServer(ON), { source: new Uint8Array(0), parameters: offers(3) })],
  ['server', () => attackClient(createClient(ON), { source: new Uint8Array(0), parameters: offers(3) })],
] as const)('a %s that offers multipath has connection IDs: §2.1', (_role, attack) => {
  expect(attack().closeCode).toBe(Code.ProtocolViolation);
});

test('the maximum is not remembered for the next connection: §2.1', () => {
  const parameters = { ...defaultParameters(), initialMaxPathId: 3 };
  expect(rememberedParameters(encodeParameters(parameters, 0))!.initialMaxPathId).toBe(-1);
});

test('a server that forbids migration forbids paths to its address: §2.2', () => {
  const server = { transport: { maxPaths: 2, disableActiveMigration: true } };
  const pair = multipathPair({ server });
  expect(pair.client.connection.openPath({ from: SECOND_CLIENT_ADDRESS })).toBeUndefined();
});

test('two paths between the same addresses: §5.2', () => {
  const pair = multipathPair();
  expect(pair.client.connection.openPath({ from: CLIENT_ADDRESS })).toBe(1);
  const feeder = pair.client.sendPattern(1_000_000, { unidirectional: true });
  expect(pair.run(() => pair.server.received(feeder.stream.id).finished, 5 * SECOND)).toBe(true);
  const states = pair.client.eventsOf('path-state').map(({ pathId, state }) => `${pathId} ${state}`);
  expect(states).toEqual(['1 available']);
  for (const { bytesDelivered } of pair.client.connection.pathStatistics())
    expect(bytesDelivered).toBeGreaterThan(100_000);
});
