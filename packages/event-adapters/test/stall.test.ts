import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createQuicContext, type QuicConnection, type QuicContext, type QuicEvent } from '@tsquic/quic-core';
import { createTestIdentity, openSimulatedPort, TEST_UNIX_TIME_US, World } from '@tsquic/simulator';

import { QuicLoop } from '../src/quic-loop.ts';

const SECOND_US = 1_000_000;
const SERVER = { ip: '10.0.0.1', port: 4433 };

/** What ended, and when the paused program last heard of the quiet client before the fifth second. */
interface Outcome {
  readonly ends: readonly string[];
  readonly heardUs: number;
}

/** Connections that end after 2 s of silence, and are kept alive by a PING every 0.7 s. */
const TRANSPORT = { idleTimeoutMs: 2000, keepAliveMs: 700 };

/**
 * Four clients and a server. One client talks all the time, so that what the others say waits behind hundreds of its
 * datagrams; of its own connection nothing is told.
 */
function play(
  readsPerTurn: number,
  seed: number,
  paused: 'server' | 'client',
  pauses: readonly { readonly fromUs: number; readonly untilUs: number }[],
): Outcome {
  const world = new World(seed);
  const crypto = createNodeProvider({ random: (into) => world.random.fillBytes(into) });
  const shared = { crypto, alpn: ['test'], unixTimeAtZeroUs: TEST_UNIX_TIME_US, transport: TRANSPORT };
  const ends: string[] = [];
  let heardUs = 0;
  const start = (
    name: string,
    address: typeof SERVER,
    context: QuicContext,
    onEvent: (event: QuicEvent) => void,
  ): QuicLoop => {
    const loop = name === paused ? { pauses } : {};
    const joined = openSimulatedPort(world, { name, address, readsPerTurn, loop });
    return new QuicLoop({
      context,
      ...joined,
      onEvent: (event) => {
        if (event.type === 'closed' && !isTalker(name, context.connection(event.connection)))
          ends.push(`${name} at ${world.nowUs / SECOND_US} s: ${event.reason.kind}`);
        onEvent(event);
      },
    });
  };
  const talkers = new Set<number>();
  const isTalker = (name: string, connection: QuicConnection | undefined): boolean =>
    name === 'client 0' || (name === 'server' && (connection === undefined || talkers.has(connection.id)));
  const server = createQuicContext({ ...shared, identity: createTestIdentity(crypto) });
  const sink = new Uint8Array(65_536);
  start('server', SERVER, server, (event) => {
    if (event.type === 'stream-opened') talkers.add(event.connection);
    if (event.type === 'stream-readable')
      while ((server.connection(event.connection)?.stream(event.streamId)?.read(sink) ?? 0) > 0);
  });
  for (let index = 0; index < 4; index++) {
    const address = { ip: `10.0.1.${index}`, port: 5000 };
    const context = createQuicContext({ ...shared, dangerouslySkipCertificateCheck: true });
    const loop = start(index === 1 ? 'client' : `client ${index}`, address, context, (event) => {
      if (event.type === 'connected' && index === 0) talk(connection);
    });
    const link = { delayUs: 20_000, bytesPerSecond: 250_000 };
    world.addRoute(address.ip, SERVER.ip, [world.addLink(`up ${index}`, link)]);
    world.addRoute(SERVER.ip, address.ip, [world.addLink(`down ${index}`, link)]);
    const connection = context.createConnection({ to: SERVER, serverName: 'server.test' }, loop.nowUs());
    loop.wake();
  }
  const link = paused === 'server' ? 'up 1' : 'down 1';
  world.observe({
    onDeliver: ({ name }, _datagram, nowUs) => {
      if (name === link && nowUs < 5 * SECOND_US) heardUs = nowUs;
    },
  });
  world.run(() => false, 8 * SECOND_US);
  return { ends, heardUs };
}

function talk(connection: QuicConnection): void {
  connection.openStream({ unidirectional: true })?.setSource((room) => ({ bytes: room.length, fin: false }));
}

describe('a program that stood still longer than the idle timeout', () => {
  test.each([
    ['server', 1],
    ['server', 8],
    ['server', 32],
    ['client', 1],
    ['client', 32],
  ] as const)(
    `a %s hears first what arrived meanwhile, at %i datagrams a turn`,
    (paused, reads) => {
      for (const seed of [1, 2]) {
        const { ends, heardUs } = play(reads, seed, paused, []);
        expect([seed, ends]).toEqual([seed, []]);
        // Its peer's next PING is 0.7 s later: until 2 s after that the peer waits.
        const pause = { fromUs: heardUs + 100_000, untilUs: heardUs + 2.3 * SECOND_US };
        expect([seed, play(reads, seed, paused, [pause]).ends]).toEqual([seed, []]);
      }
    },
    120_000,
  );
});
