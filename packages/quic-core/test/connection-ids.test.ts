import { describe, expect, test } from '@jest/globals';
import { toHex } from '@tsquic/bytes';
import { caught, covers } from '@tsquic/testing';
import { seededCrypto } from '@tsquic/testing/seeded';
import type { QuicContextOptions } from '../src/config/config.ts';
import type { ConnectionIdGenerator, ConnectionIdPurpose } from '../src/ids/connection-ids.ts';
import { QuicLbConnectionIds, QuicLbDecoder } from '../src/load-balancing.ts';
import { coreOf, createClient, createServer, eventsOf } from './support/contexts.ts';
import { type Exchange, passTime, SERVER, settle } from './support/exchange.ts';

const NOW_US = 1_000_000;
const TO = { to: SERVER, serverName: 'server.test' };
const usage = expect.objectContaining({ name: 'QuicUsageError', code: 'invalid-option' });

/** IDs of `length` bytes that count up, the length in the first one where it is a function; and what was asked for. */
function counting(
  lengthOf: () => number = () => 8,
): ConnectionIdGenerator & { purposes: ConnectionIdPurpose[] } {
  let count = 0;
  const purposes: ConnectionIdPurpose[] = [];
  return {
    purposes,
    length: (first) => Math.min(Math.max(first, 4), 20),
    generate(purpose) {
      purposes.push(purpose);
      const id = new Uint8Array(lengthOf()).fill(0xcc);
      id[0] = id.length;
      id[1] = count >> 8;
      id[2] = count++;
      return id;
    },
  };
}

/** A tracer that keeps what goes wrong. */
function listening(): {
  readonly faults: unknown[];
  readonly tracer: NonNullable<QuicContextOptions['tracer']>;
} {
  const faults: unknown[] = [];
  return { faults, tracer: { onInternalError: (_id, error) => void faults.push(error) } };
}

function exchangeWith(
  server: Partial<QuicContextOptions>,
  client: Partial<QuicContextOptions> = {},
): Exchange {
  return { client: createClient(client), server: createServer(server) };
}

const idsOf = (context: Exchange['server']): string[] =>
  coreOf(context).parts.localIds.active.map(({ connectionId }) => toHex(connectionId));

describe("connection IDs of the program's own", () => {
  test('are those of packets on both sides, first and further ones', () => {
    const [ours, theirs] = [counting(), counting(() => 20)];
    const exchange = exchangeWith({ connectionIds: ours }, { connectionIds: theirs });
    const connection = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(connection.statistics().state).toBe('confirmed');
    expect(idsOf(exchange.server)).toEqual([0, 1, 2, 3].map((n) => `08000${n}cccccccccc`));
    expect(idsOf(exchange.client)).toEqual([0, 1, 2, 3].map((n) => `14000${n}${'cc'.repeat(17)}`));
    expect(ours.purposes).toEqual(['first', 'further', 'further', 'further']);
  });

  test('may have several lengths at once, from 4 to 20 bytes', () => {
    const lengths = [4, 20, 5, 11];
    let next = 0;
    const connectionIds = counting(() => lengths[next++ % lengths.length]!);
    const exchange = exchangeWith({ connectionIds });
    const first = exchange.client.createConnection(TO, NOW_US);
    const second = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    for (const connection of [first, second]) {
      expect(connection.statistics().state).toBe('confirmed');
      const stream = connection.openStream()!;
      expect(stream.write(new Uint8Array(10_000), true)).toBe(10_000);
    }
    passTime(exchange, NOW_US, 1_000_000);
    const finished = eventsOf(exchange.server).filter(({ type }) => type === 'stream-readable');
    expect(finished.length).toBeGreaterThanOrEqual(2);
  });

  test('of a Retry too, which has at least 8 bytes', () => {
    const connectionIds = counting(() => 5);
    const retries: string[] = [];
    const exchange: Exchange = {
      ...exchangeWith({ connectionIds, retry: 'always' }),
      onDatagram: (bytes, isFromClient) => {
        if (!isFromClient && (bytes[0]! & 0xf0) === 0xf0) retries.push(toHex(bytes.subarray(15, 23)));
      },
    };
    const connection = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(connection.statistics().state).toBe('confirmed');
    expect(connectionIds.purposes.slice(0, 2)).toEqual(['retry', 'first']);
    expect(retries).toEqual([expect.stringMatching(/^(..)*050000cccc/)]);
  });

  test('lead to a stateless reset, whatever their length', () => {
    covers('rfc9000-10.3-1');
    const resetKey = new Uint8Array(32).fill(5);
    const server = (): Exchange['server'] => createServer({ resetKey, connectionIds: counting(() => 17) });
    const exchange = { client: createClient(), server: server() };
    const connection = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    const stream = connection.openStream()!;
    const again = { client: exchange.client, server: server() };
    stream.write(new Uint8Array(100), false);
    settle(again, NOW_US);
    expect(connection.closeReason).toEqual({ kind: 'stateless-reset' });
  });

  test('that are in use are asked for again, a few times', () => {
    covers('rfc9000-5.1-2');
    let count = 0;
    const connectionIds: ConnectionIdGenerator = {
      length: 8,
      generate: () => new Uint8Array(8).fill(Math.floor(count++ / 5)),
    };
    const { tracer, faults } = listening();
    const exchange = exchangeWith({ connectionIds, tracer });
    exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(new Set(idsOf(exchange.server)).size).toBe(4);
    expect(faults).toEqual([]);
  });

  test('one buffer may serve for all', () => {
    const id = new Uint8Array(8);
    const connectionIds: ConnectionIdGenerator = { length: 8, generate: () => (id[0]!++, id) };
    const exchange = exchangeWith({ connectionIds });
    exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(idsOf(exchange.server).map((text) => text.slice(0, 2))).toEqual(['01', '02', '03', '04']);
  });
});

const WRONG: readonly (readonly [string, () => unknown])[] = [
  ['throws', () => raise()],
  ['gives nothing', () => undefined],
  ['gives null', () => null],
  ['gives text', () => 'abcdefgh'],
  ['gives a list', () => [1, 2, 3, 4, 5, 6, 7, 8]],
  ['gives other numbers', () => new Uint16Array(8)],
  ['gives too few bytes', () => new Uint8Array(3)],
  ['gives none', () => new Uint8Array(0)],
  ['gives too many', () => new Uint8Array(21)],
  ['gives other than it says', () => new Uint8Array(9)],
  ['gives a promise', () => Promise.resolve(new Uint8Array(8))],
];

function raise(): never {
  throw new Error('no luck');
}

describe('a generator that', () => {
  const generatorOf = (generate: () => unknown): ConnectionIdGenerator =>
    ({ length: 8, generate }) as unknown as ConnectionIdGenerator;

  test.each(WRONG)('%s: createConnection throws, and nothing is left', (_name, generate) => {
    let isWrong = true;
    const good = counting(() => 8);
    const client = createClient({
      connectionIds: generatorOf(() => (isWrong ? generate() : good.generate('first'))),
    });
    const error = caught(() => client.createConnection(TO, NOW_US));
    expect(error).toEqual(_name === 'throws' ? new Error('no luck') : usage);
    expect(client.nextWakeTime()).toBe(Infinity);
    isWrong = false;
    const exchange = { client, server: createServer() };
    const connection = client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(connection.statistics().state).toBe('confirmed');
  });

  test.each(WRONG)('%s: a client is not let in, others are', (_name, generate) => {
    const good = counting();
    const { tracer, faults } = listening();
    let isWrong = false;
    const connectionIds = generatorOf(() => (isWrong ? generate() : good.generate('first')));
    const exchange = exchangeWith({ connectionIds, tracer });
    const first = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    isWrong = true;
    const second = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(second.statistics().state).toBe('handshaking');
    expect(faults).toHaveLength(1);
    isWrong = false;
    passTime(exchange, NOW_US, 2_000_000);
    expect([first, second].map((one) => one.statistics().state)).toEqual(['confirmed', 'confirmed']);
  });

  test.each(WRONG)('%s: a connection lives on with the IDs that it has', (_name, generate) => {
    const good = counting();
    const { tracer, faults } = listening();
    const connectionIds: ConnectionIdGenerator = {
      length: 8,
      generate: (purpose) => (purpose === 'first' ? good.generate(purpose) : (generate() as Uint8Array)),
    };
    const exchange = exchangeWith({ connectionIds, tracer });
    const connection = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(connection.statistics().state).toBe('confirmed');
    expect(idsOf(exchange.server)).toHaveLength(1);
    // To have none to give is no fault.
    expect(faults).toHaveLength(_name === 'gives nothing' ? 0 : 1);
    const stream = connection.openStream()!;
    stream.write(new Uint8Array(100), true);
    settle(exchange, NOW_US);
    expect(eventsOf(exchange.server).map(({ type }) => type)).toContain('stream-readable');
  });

  test.each(WRONG)('%s: no Retry leaves', (_name, generate) => {
    const { tracer, faults } = listening();
    const exchange = exchangeWith({ connectionIds: generatorOf(generate), tracer, retry: 'always' });
    const connection = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(faults).toHaveLength(1);
    expect(exchange.server.nextWakeTime()).toBe(Infinity);
    expect(connection.statistics().state).toBe('handshaking');
  });

  test.each([
    [{ connectionIds: counting(), connectionIdLength: 8 }, 'connectionIdLength'],
    [{ connectionIds: 5 }, 'connectionIds must be an object'],
    [{ connectionIds: null }, 'connectionIds must be an object'],
    [{ connectionIds: { length: 8 } }, 'connectionIds must be an object'],
    [{ connectionIds: { length: 3, generate: raise } }, '4 to 20 bytes, not 3'],
    [{ connectionIds: { length: 21, generate: raise } }, '4 to 20 bytes, not 21'],
    [{ connectionIds: { length: 8.5, generate: raise } }, '4 to 20 bytes'],
    [{ connectionIds: { length: 'x', generate: raise } }, '4 to 20 bytes'],
    [{ connectionIds: { generate: raise } }, '4 to 20 bytes, not undefined'],
    [{ connectionIds: { length: () => 3, generate: raise } }, '4 to 20 bytes, not 3'],
    [{ connectionIds: { length: (first: number) => (first === 255 ? 0 : 8), generate: raise } }, 'not 0'],
  ])('cannot work is refused with the context: %j', (wrong, message) => {
    const error = caught(() => createServer(wrong as unknown as Partial<QuicContextOptions>));
    expect(error).toEqual(usage);
    expect((error as Error).message).toContain(message);
  });
});

describe('with QUIC-LB', () => {
  const crypto = seededCrypto(7);
  const key = new Uint8Array(16).fill(3);
  const config = { configId: 0, serverId: Uint8Array.of(1, 2), nonceLength: 6, key };
  const balancer = new QuicLbDecoder({
    crypto,
    configs: [0, 1].map((configId) => ({ configId, serverIdLength: 2, nonceLength: 6 + configId, key })),
  });

  /** Configurations by which the packets of the client find the server, in order. */
  function routesOf(exchange: Exchange): {
    readonly exchange: Exchange;
    readonly routes: (number | undefined)[];
  } {
    const routes: (number | undefined)[] = [];
    return {
      routes,
      exchange: {
        ...exchange,
        onDatagram: (bytes, isFromClient) => {
          if (!isFromClient || (bytes[0]! & 0x80) !== 0) return;
          routes.push(balancer.route(bytes.slice(1, 21), false)?.configId);
        },
      },
    };
  }

  test('every packet after the handshake finds the server, and those of a renewed configuration too', () => {
    const connectionIds = new QuicLbConnectionIds(crypto, config);
    const { exchange, routes } = routesOf(exchangeWith({ connectionIds }));
    const connection = exchange.client.createConnection(TO, NOW_US);
    let nowUs = passTime(exchange, NOW_US, 100_000);
    const stream = connection.openStream()!;
    stream.write(new Uint8Array(100), false);
    nowUs = passTime(exchange, nowUs, 100_000);
    expect(new Set(routes)).toEqual(new Set([0]));
    connectionIds.configure({ ...config, configId: 1, nonceLength: 7 });
    exchange.server.renewConnectionIds();
    nowUs = passTime(exchange, nowUs, 100_000);
    routes.length = 0;
    stream.write(new Uint8Array(100), false);
    nowUs = passTime(exchange, nowUs, 100_000);
    expect(new Set(routes)).toEqual(new Set([1]));
    expect(idsOf(exchange.server)).toHaveLength(4);
    for (const id of idsOf(exchange.server)) expect(parseInt(id.slice(0, 2), 16) >>> 5).toBe(1);
    expect(connection.closeReason).toBeUndefined();
  });

  test('when the nonces are used up, connections begin unroutable and keep their only ID', () => {
    const connectionIds = new QuicLbConnectionIds(crypto, { ...config, nonceCount: 2 });
    const exchange = exchangeWith({ connectionIds });
    const first = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(idsOf(exchange.server)).toHaveLength(2);
    const second = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    for (const connection of [first, second]) expect(connection.statistics().state).toBe('confirmed');
    expect(connectionIds.isRoutable).toBe(false);
    // Nothing changes for who has an ID.
    exchange.server.renewConnectionIds();
    settle(exchange, NOW_US);
    expect(idsOf(exchange.server)).toHaveLength(2);
  });

  test('renewal before there is anybody, and after the end, does nothing', () => {
    const exchange = exchangeWith({ connectionIds: new QuicLbConnectionIds(crypto, config) });
    exchange.server.renewConnectionIds();
    const connection = exchange.client.createConnection(TO, NOW_US);
    exchange.client.renewConnectionIds();
    settle(exchange, NOW_US);
    connection.close(0, '');
    exchange.client.renewConnectionIds();
    settle(exchange, NOW_US);
    exchange.server.renewConnectionIds();
    expect(connection.closeReason).toMatchObject({ kind: 'application' });
  });
});
