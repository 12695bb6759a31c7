import { describe, expect, test } from '@jest/globals';
import { toHex } from '@tsquic/bytes';
import { caught, covers } from '@tsquic/testing';
import { seededCrypto } from '@tsquic/testing/seeded';
import { Level } from '@tsquic/tls13';
import { FrameType as Type } from '../src/frame/rules.ts';
import { QuicLbConnectionIds } from '../src/load-balancing.ts';
import { preferredId } from '../src/parameters/preferred-address.ts';
import { type Attacker } from './support/attacker.ts';
import { attackServer, CONFIRMED_VICTIMS, createClient, createServer } from './support/contexts.ts';
import { SERVER, settle } from './support/exchange.ts';
import { frame } from './support/frames.ts';
import { ToldParameters } from './support/told-parameters.ts';

const APP = Level.Application;
const NOW_US = 1_000_000;
const TO = { to: SERVER, serverName: 'server.test' };

/** The IDs that the victim issued: its first one, and those of NEW_CONNECTION_ID after `renewals` were given up. */
function issuedIds(attacker: Attacker, renewals: number): Uint8Array[] {
  for (let sequence = 1; sequence <= renewals; sequence++)
    attacker.send(APP, frame(Type.RetireConnectionId, [sequence]));
  const issued = attacker.framesOf(Type.NewConnectionId);
  return [attacker.destination, ...issued.map(({ data }) => data.slice(0, -16))];
}

/** At each byte, how many values the IDs have there; and how many pairs of following IDs have the same difference there. */
function lookAlike(ids: readonly Uint8Array[]): { readonly leastValues: number; readonly mostSteps: number } {
  let leastValues = Infinity;
  let mostSteps = 0;
  for (let at = 0; at < ids[0]!.length; at++) {
    const column = ids.map((id) => id[at]!);
    leastValues = Math.min(leastValues, new Set(column).size);
    const steps = new Map<number, number>();
    for (let i = 1; i < column.length; i++) {
      const step = (column[i]! - column[i - 1]!) & 0xff;
      steps.set(step, (steps.get(step) ?? 0) + 1);
    }
    mostSteps = Math.max(mostSteps, ...steps.values());
  }
  return { leastValues, mostSteps };
}

describe.each(CONFIRMED_VICTIMS)('IDs of a %s', (_role, attack) => {
  const many = {
    parameters: (own: { activeConnectionIdLimit: number }) => void (own.activeConnectionIdLimit = 8),
  };

  test('have nothing in common, byte for byte, neither a value nor a step', () => {
    covers('rfc9000-5.1-1');
    const ids = issuedIds(attack({}, many), 120);
    expect(ids.length).toBeGreaterThan(110);
    const { leastValues, mostSteps } = lookAlike(ids);
    // 256 (1 - (255/256)^117): of 117 random bytes 94 differ on average, and steps come half a time each.
    expect(leastValues).toBeGreaterThan(75);
    expect(mostSteps).toBeLessThan(8);
  });

  test('are never empty, so that what asks for an empty one is refused', () => {
    covers('rfc9000-5.1-3', 'rfc9000-19.15-2');
    for (const length of [0, 1, 2, 3]) {
      const wrong = [
        { connectionIdLength: length },
        { connectionIds: { length, generate: () => new Uint8Array(length) } },
        { connectionIds: { length: () => length, generate: () => new Uint8Array(length) } },
      ];
      for (const options of wrong) {
        const error = caught(() => attack(options));
        expect(error).toMatchObject({ name: 'QuicUsageError', code: 'invalid-option' });
      }
    }
    // Several at one address at once, with the shortest IDs there are: NEW_CONNECTION_ID comes, and no ID is empty.
    const shortest = { connectionIdLength: 4 };
    const ids = [1, 2, 3].flatMap(() => issuedIds(attack(shortest), 4));
    expect(ids.length).toBeGreaterThan(12);
    expect(new Set(ids.map((id) => id.length))).toEqual(new Set([4]));
  });
});

test('IDs of a server behind a balancer show others neither the server nor a count', () => {
  covers('rfc9000-5.1-1');
  const key = new Uint8Array(16).fill(3);
  const config = { configId: 0, serverId: Uint8Array.of(1, 2), nonceLength: 6, key };
  const server = createServer({ connectionIds: new QuicLbConnectionIds(seededCrypto(7), config) });
  const ids = issuedIds(attackServer(server), 120).map((id) => id.slice(1));
  const { leastValues, mostSteps } = lookAlike(ids);
  expect(leastValues).toBeGreaterThan(75);
  expect(mostSteps).toBeLessThan(8);
});

test('a server that prefers an address has an ID there and everywhere else', () => {
  covers('rfc9000-18.2-5', 'rfc9000-18.2-6');
  const preferredAddress = { ipv4: { ip: '192.0.2.9', port: 443 } };
  for (const length of [4, 8, 20]) {
    const told = new ToldParameters();
    const exchange = {
      client: createClient({ tracer: told.tracer }),
      server: createServer({ connectionIdLength: length, preferredAddress }),
    };
    const connection = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(connection.preferredAddress).toEqual(preferredAddress);
    const { preferredAddress: preferred, initialSourceConnectionId } = told.only;
    const ids = [preferredId(preferred!).connectionId, initialSourceConnectionId!];
    expect(ids.map((id) => id.length)).toEqual([length, length]);
    expect(toHex(ids[0]!)).not.toBe(toHex(ids[1]!));
  }
});
