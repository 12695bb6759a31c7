import { describe, expect, test } from '@jest/globals';
import { NewReno } from '@tsquic/congestion';
import { Group } from '@tsquic/crypto';
import { createTestIdentity } from '@tsquic/simulator';
import { seededCrypto } from '@tsquic/testing/seeded';
import type { QuicContextOptions } from '../src/config/config.ts';
import type { GreetedClient, ServedOptions } from '../src/config/served-options.ts';
import type { QuicConnection } from '../src/context/handles.ts';
import { createClient, createServer, eventsOf } from './support/contexts.ts';
import { createEarlyPair, SECOND } from './support/early.ts';
import { CLIENT, type Exchange, SERVER, settle } from './support/exchange.ts';

const NOW_US = 1_000_000;
const HELLO = new TextEncoder().encode('hello');

interface Greeted extends Exchange {
  readonly client: ReturnType<typeof createClient>;
  readonly connection: QuicConnection;
  readonly told: readonly GreetedClient[];
  readonly faults: readonly unknown[];
}

/** A client that asks for 'name.test' by the protocols 'one' and 'two', of which the server chooses 'two'. */
function greet(
  answer: (client: GreetedClient) => unknown,
  server: Partial<QuicContextOptions> = {},
  client: Partial<QuicContextOptions> = {},
): Greeted {
  const told: GreetedClient[] = [];
  const faults: unknown[] = [];
  const exchange = {
    client: createClient({ alpn: ['one', 'two'], ...client }),
    server: createServer({
      alpn: ['two', 'one'],
      tracer: { onInternalError: (_id, error) => void faults.push(error) },
      ...server,
      optionsFor(greeted) {
        told.push(greeted);
        return answer(greeted) as ServedOptions | undefined;
      },
    }),
  };
  const connection = exchange.client.createConnection({ to: SERVER, serverName: 'Name.test' }, NOW_US);
  settle(exchange, NOW_US);
  return { ...exchange, connection, told, faults };
}

describe('the options of a client, chosen by its ClientHello', () => {
  test.each([
    ['at once', {}],
    ['after a HelloRetryRequest', { groups: [Group.Secp384r1] }],
  ])('are asked for once, with what it says (%s)', (_when, server) => {
    const { connection, told } = greet(() => undefined, server);
    expect(connection.statistics().state).toBe('confirmed');
    expect(told).toEqual([
      { serverName: 'name.test', alpn: 'two', offered: ['one', 'two'], from: CLIENT, version: 1 },
    ]);
  });

  test.each([
    ['at once', {}],
    ['after a HelloRetryRequest', { groups: [Group.Secp384r1] }],
  ])('are limits that the client keeps to (%s)', (_when, server) => {
    const transport = {
      idleTimeoutMs: 7000,
      connectionWindowBytes: 5000,
      streamWindowBytes: 2000,
      maxBidirectionalStreams: 3,
      maxUnidirectionalStreams: 0,
      maxDatagramFrameBytes: 500,
    };
    const greeted = greet(() => ({ transport }), server);
    const { connection, client } = greeted;
    expect(connection.statistics().idleTimeoutMs).toBe(7000);
    expect(connection.datagrams.maxBytes).toBeLessThan(500);
    expect(connection.datagrams.maxBytes).toBeGreaterThan(490);
    const streams = [1, 2, 3, 4].map(() => connection.openStream());
    expect(streams.map((stream) => stream !== undefined)).toEqual([true, true, true, false]);
    expect(connection.openStream({ unidirectional: true })).toBeUndefined();
    for (const stream of streams) stream?.write(new Uint8Array(10_000));
    settle(greeted, NOW_US);
    const theirs = greeted.server.connection(0)!;
    const received = [0, 4, 8].map((id) => theirs.stream(id)?.readableBytes ?? 0);
    expect(Math.max(...received)).toBe(2000);
    expect(received.reduce((sum, bytes) => sum + bytes, 0)).toBe(5000);
    expect(client.connection(0)!.closeReason).toBeUndefined();
    // Reading opens these windows, and no others.
    theirs.stream(0)!.read(new Uint8Array(2000));
    settle(greeted, NOW_US + 1000);
    expect(theirs.closeReason).toBeUndefined();
  });

  test('are a congestion controller, on the first path as well', () => {
    let made = 0;
    const { server } = greet(
      () =>
        ({
          congestion: (path) => {
            made++;
            return Object.assign(new NewReno(path), { windowBytes: 54_321 });
          },
        }) satisfies ServedOptions,
    );
    expect(made).toBe(1);
    expect(server.connection(0)!.statistics().congestionWindowBytes).toBe(54_321);
  });

  test('are priorities of streams and datagrams', () => {
    const { server } = greet(() => ({ transport: { defaultStreamPriority: 5, datagramPriority: 3 } }));
    const connection = server.connection(0)!;
    expect([connection.openStream()!.priority, connection.datagrams.priority]).toEqual([5, 3]);
  });

  test('are a certificate, and the demand for one', () => {
    const identity = createTestIdentity(seededCrypto(8), 1000);
    const chosen = greet(() => ({ identity }));
    const facts = eventsOf(chosen.client).find(({ type }) => type === 'connected');
    expect(facts).toMatchObject({ peerCertificates: identity.chain });
    const verifier = { verify: () => undefined };
    const demanded = greet(() => ({ clientCertificate: 'require', verifier }));
    // certificate_required: RFC 8446 §6.2.
    expect(demanded.connection.closeReason).toMatchObject({ kind: 'transport', code: 0x100 + 116 });
    const shown = greet(() => ({ clientCertificate: 'require', verifier }), {}, { identity });
    expect(shown.connection.statistics().state).toBe('confirmed');
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('a bug of the program');
      },
    ],
    ['names an option that is none', () => ({ transports: {} })],
    ['names an option that packets depend on already', () => ({ transport: { maxAckDelayMs: 5 } })],
    ['gives a limit that is none', () => ({ transport: { idleTimeoutMs: -1 } })],
    ['gives a controller that is none', () => ({ congestion: 'cubic' })],
    ['asks for a certificate that nothing judges', () => ({ clientCertificate: 'require' })],
    ['answers no object', () => 5],
  ])('end this handshake alone where the program %s', (_what, answer) => {
    const { connection, faults } = greet(answer);
    expect(connection.closeReason).toMatchObject({ kind: 'transport', code: 1, remote: true });
    expect(faults).toHaveLength(1);
  });
});

describe('0-RTT', () => {
  const ways: [string, Partial<QuicContextOptions>][] = [
    ['admit', { admit: () => ({ earlyData: false }) }],
    ['optionsFor', { optionsFor: () => ({ earlyData: false }) }],
  ];

  test.each(ways)('that %s says is too early comes again after the handshake', (way, options) => {
    let isEarly = false;
    const [name, rejects] = Object.entries(options)[0]! as [string, (client: unknown) => unknown];
    const pair = createEarlyPair({
      server: { [name]: (client: unknown) => (isEarly ? rejects(client) : undefined) },
    });
    isEarly = true;
    const client = pair.resume();
    expect(client.earlyData).toBe('offered');
    const stream = client.openStream()!;
    stream.write(HELLO, true);
    expect(pair.run(() => pair.server.has('stream-opened'), 5 * SECOND)).toBe(true);
    expect(pair.server.eventsOf('early-data')).toMatchObject([{ state: 'rejected' }]);
    expect(pair.theirs().stream(stream.id)!.early).toBe(false);
    const seen = pair.server.events.map(({ type }) => type);
    expect(seen.indexOf('stream-opened')).toBeGreaterThan(seen.indexOf('connected'));
    expect(way).toBe(name);
  });

  test('is judged by the limits that were chosen', () => {
    let maxBidirectionalStreams = 50;
    const pair = createEarlyPair({
      server: { optionsFor: () => ({ transport: { maxBidirectionalStreams } }) },
    });
    pair.resume().openStream()!.write(HELLO, true);
    expect(pair.run(() => pair.server.has('early-data'), 5 * SECOND)).toBe(true);
    expect(pair.server.eventsOf('early-data')).toMatchObject([{ state: 'accepted' }]);
    // Fewer than the ticket has promised.
    maxBidirectionalStreams = 49;
    pair.server.events.length = 0;
    const session = pair.client.eventsOf('ticket').at(-1)?.ticket ?? pair.session;
    pair.resume({ session }).openStream()!.write(HELLO, true);
    pair.pass(SECOND);
    expect(pair.server.eventsOf('early-data')).toMatchObject([{ state: 'rejected' }]);
  });
});
