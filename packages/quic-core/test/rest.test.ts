import { expect, test } from '@jest/globals';
import type { QuicConnection, QuicStream } from '../src/context/handles.ts';
import { createClient, createServer, eventsOf } from './support/contexts.ts';
import { CLIENT, passTime, SERVER } from './support/exchange.ts';
import { liveBytes } from './support/live-bytes.ts';

const SECOND = 1_000_000;
const COUNT = 100;
const ANSWER = new Uint8Array(200_000);
/** Both ends of a connection with a stream open, beside what compiled code takes. */
const KIB_EACH = 50;

test(`connections that have carried ${ANSWER.length / 1000} kB hold little of it once they are quiet, and go on`, () => {
  const exchange = { client: createClient(), server: createServer() };
  let nowUs = SECOND;
  const open = (): QuicConnection =>
    exchange.client.createConnection({ to: SERVER, from: CLIENT, serverName: 'server.test' }, nowUs);
  /** Have the answer come over each connection's stream. */
  const answer = (streams: readonly QuicStream[]): void => {
    const into = new Uint8Array(65_536);
    const left = streams.map(() => ANSWER.length);
    for (const stream of streams) stream.write(new Uint8Array(1));
    for (let round = 0; round < 60; round++) {
      nowUs = passTime(exchange, nowUs, SECOND / 20);
      for (const event of eventsOf(exchange.server)) {
        if (event.type !== 'stream-readable') continue;
        const stream = exchange.server.connection(event.connection)!.stream(event.streamId)!;
        stream.read(into);
        stream.write(ANSWER);
      }
      streams.forEach((stream, index) => (left[index]! -= stream.read(into)));
    }
    expect(left.filter((bytes) => bytes > 0)).toEqual([]);
  };
  const connect = (count: number): QuicStream[] => {
    const connections = Array.from({ length: count }, open);
    nowUs = passTime(exchange, nowUs, SECOND);
    return connections.map((connection) => connection.openStream()!);
  };
  // What the engine compiles on the way is there before it is measured.
  answer(connect(COUNT));
  nowUs = passTime(exchange, nowUs, 5 * SECOND);
  const before = liveBytes();
  const streams = connect(COUNT);
  answer(streams);
  nowUs = passTime(exchange, nowUs, 5 * SECOND);
  expect((liveBytes() - before) / COUNT / 1024).toBeLessThan(KIB_EACH);
  answer(streams);
});
