import { expect, test } from '@jest/globals';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { reserveServerPort } from './server-port.ts';

test.each(['127.0.0.1', '::1'])(
  'whoever asks before a server of %s is up gets another port',
  async (host) => {
    const reserved = await Promise.all(Array.from({ length: 8 }, () => reserveServerPort(host)));
    const ports = reserved.map(({ port }) => port);
    expect(new Set(ports).size).toBe(ports.length);
    for (const { release } of reserved) release();
  },
);

test.each([
  ['another run has reserved', () => createServer()],
  ['somebody has bound', () => createSocket('udp4')],
])('a port that %s is passed over', async (_, open) => {
  for (let isTaken = true; isTaken;) {
    const first = await reserveServerPort('127.0.0.1');
    const other = open();
    const port = first.port + 1;
    if ('listen' in other) other.listen(port, '127.0.0.1');
    else other.bind(port, '127.0.0.1');
    // Somebody else may have that port: then another pair is tried.
    isTaken = await once(other, 'listening').then(
      () => false,
      () => true,
    );
    if (!isTaken) {
      const second = await reserveServerPort('127.0.0.1');
      expect(second.port).not.toBe(port);
      other.close();
      second.release();
    }
    first.release();
  }
});

test('a reserved port is none that the system gives to whoever leaves the choice to it', async () => {
  const { port, release } = await reserveServerPort('127.0.0.1');
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  expect(port).toBeLessThan(32_768);
  expect(socket.address().port).toBeGreaterThanOrEqual(32_768);
  socket.close();
  release();
});

test('a server can bind the port while it is reserved', async () => {
  const { port, release } = await reserveServerPort('127.0.0.1');
  const server = createSocket('udp4');
  server.bind(port, '127.0.0.1');
  await once(server, 'listening');
  expect(server.address().port).toBe(port);
  server.close();
  release();
});
