import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, test } from '@jest/globals';
import * as tsquic from 'tsquic';
import * as tsquicEvents from 'tsquic/events';
import * as tsquicNode from 'tsquic/node';
import { connectedPair, dial, receive, send, serve, take } from './endpoints.ts';

test('diagnostics channels tell what happens', async () => {
  const names = [
    'tsquic.listener.open',
    'tsquic.listener.closed',
    'tsquic.connection.open',
    'tsquic.connection.closed',
    'tsquic.stream.open',
    'tsquic.stream.closed',
    'tsquic.handler.error',
  ];
  const seen = new Map<string, unknown[]>();
  const listen = (message: unknown, name: string | symbol): void => {
    seen.set(String(name), [...(seen.get(String(name)) ?? []), message]);
  };
  for (const name of names) subscribe(name, listen);
  const listener = await serve(
    async (connection) => {
      const stream = await take(connection);
      await stream.readable.pipeTo(stream.writable);
      throw new Error('handler');
    },
    { onError: () => {} },
  );
  const client = await dial(listener);
  const stream = await client.openStream();
  const sent = send(stream.writable, 'x');
  await receive(stream.readable);
  await sent;
  await client.closed;
  await listener.close();
  for (const name of names) unsubscribe(name, listen);
  expect(Object.fromEntries(names.map((name) => [name, seen.get(name)?.length]))).toEqual({
    'tsquic.listener.open': 1,
    'tsquic.listener.closed': 1,
    'tsquic.connection.open': 2,
    'tsquic.connection.closed': 2,
    'tsquic.stream.open': 2,
    'tsquic.stream.closed': 2,
    'tsquic.handler.error': 1,
  });
  expect(seen.get('tsquic.connection.closed')).toContainEqual({
    connection: client,
    info: { code: 1, reason: '', remote: true },
    error: expect.any(tsquic.QuicApplicationError),
  });
});

test('statistics, keying material, the key log and the log ID', async () => {
  const lines: string[] = [];
  const { client, server, close } = await connectedPair({ onKeyLog: (line) => lines.push(line) });
  await Promise.all([client.ready, server.ready]);
  expect(client.statistics()).toMatchObject({ state: 'confirmed', packetsLost: 0 });
  expect(client.statistics().smoothedRttUs).toBeGreaterThan(0);
  expect(client.pathStatistics()).toMatchObject([
    { active: true, validated: true, remote: client.remoteAddress, local: client.localAddress },
  ]);
  const material = client.exportKeyingMaterial(32, 'EXPORTER-test');
  expect(material).toHaveLength(32);
  expect(server.exportKeyingMaterial(32, 'EXPORTER-test')).toEqual(material);
  expect(lines.some((line) => line.startsWith('CLIENT_TRAFFIC_SECRET_0 '))).toBe(true);
  expect(server.logId).toBe(client.logId);
  expect(client.isClient && !server.isClient).toBe(true);
  await close();
  expect(client.statistics().bytesSent).toBeGreaterThan(1200);
});

test('the names of the entries', () => {
  expect(Object.keys(tsquic).sort()).toEqual([
    'QuicApplicationError',
    'QuicConnection',
    'QuicDatagrams',
    'QuicEndpoint',
    'QuicError',
    'QuicListener',
    'QuicPaths',
    'QuicSendGroup',
    'QuicStream',
    'QuicStreamError',
    'QuicTransportError',
    'TlsAlertError',
    'connect',
    'listen',
  ]);
  expect(Object.keys(tsquicNode)).toEqual(['createDuplex']);
  expect(Object.keys(tsquicEvents).sort()).toEqual(['IgnoredStream', 'closeReasonOf', 'takeEvents']);
});
