import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { connectedPair, send, take } from './endpoints.ts';

test('console.log shows what matters of connections, streams and listeners', async () => {
  const { client, server, listener, close } = await connectedPair();
  await Promise.all([client.ready, server.ready]);
  const stream = await client.openStream();
  await send(stream.writable, 'hello');
  const other = await take(server);
  expect(inspect(client)).toMatch(/^QuicConnection \{/);
  for (const fact of [
    "side: 'client'",
    "state: 'confirmed'",
    "alpn: 'test'",
    'streams: 1',
    'cipher: ',
    'rttMs: ',
  ])
    expect(inspect(client)).toContain(fact);
  expect(inspect(client)).toContain(`remote: '127.0.0.1:${listener.address.port}'`);
  expect(inspect(stream)).toMatch(/^QuicStream \{/);
  for (const fact of ['id: 0', "direction: 'both ways'", "writable: 'ended'", "readable: 'open'"])
    expect(inspect(stream)).toContain(fact);
  expect(inspect(other)).toContain('readableBytes: 5');
  expect(inspect(listener)).toMatch(/^QuicListener \{/);
  for (const fact of ["state: 'open'", 'connections: 1', 'accepted: 1'])
    expect(inspect(listener)).toContain(fact);
  // Inside others, and deeper than is shown.
  expect(inspect({ a: { b: { c: { client } } } })).toContain('[Object]');
  expect(inspect({ client }, { depth: 0 })).toContain('client: [QuicConnection]');
  await close();
  expect(inspect(client)).toContain('this program closed the connection with code 0');
  expect(inspect(stream)).toContain("readable: 'ERR_QUIC_APPLICATION'");
  expect(inspect(listener)).toContain("state: 'closed'");
});

test('the same for Deno', async () => {
  const { client, listener, close } = await connectedPair();
  const show = (object: object): string =>
    (object as { [key: symbol]: (inspectIt: typeof inspect, options: object) => string })[
      Symbol.for('Deno.customInspect')
    ]!(inspect, {});
  expect(show(client)).toMatch(/^QuicConnection \{/);
  expect(show(listener)).toMatch(/^QuicListener \{/);
  await close();
});

test('statistics print whole', async () => {
  const { client, close } = await connectedPair();
  expect(inspect(client.statistics())).toContain('smoothedRttUs: ');
  expect(inspect(client.statistics())).toContain('idleTimeout');
  await close();
});
