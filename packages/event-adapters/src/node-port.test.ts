import { createSocket } from 'node:dgram';
import { describe, expect, test } from '@jest/globals';
import type { DatagramPort } from './datagram-port.ts';
import { openNodePort } from './node-port.ts';
import { portPromises } from './port-compliance.ts';

for (const ip of ['127.0.0.1', '::1']) {
  describe(`node port on ${ip}`, () => {
    test.each(portPromises.map(({ name, check }) => [name, check] as const))('%s', async (_name, check) => {
      await expect(check(() => openNodePort({ ip }))).resolves.toBeUndefined();
    });
  });
}

describe('a connected node port', () => {
  test('exchanges datagrams with its peer', async () => {
    const server = await openNodePort({ ip: '127.0.0.1' });
    const client = await openNodePort({ connect: server.local });
    server.onDatagram = (bytes, from) => server.send(bytes, 0, bytes.length, from, 0);
    const echoed = nextDatagram(client);
    client.send(new Uint8Array([1, 2, 3]), 0, 3, server.local, 0);
    expect(await echoed).toEqual(new Uint8Array([1, 2, 3]));
    expect(client.local.ip).toBe('127.0.0.1');
    client.close();
    server.close();
  });

  test.each([1, 2, 3])('tells that nobody listens, after %i datagrams at once', async (count) => {
    const client = await openNodePort({ connect: await closedPort() });
    const unreachable = new Promise((resolve) => (client.onUnreachable = resolve));
    for (let sent = 0; sent < count; sent++) client.send(new Uint8Array(1200), 0, 1200, client.local, 0);
    expect(await unreachable).toMatchObject({ ip: '127.0.0.1' });
    client.close();
  });
});

test('an address in use rejects with the reason', async () => {
  const first = await openNodePort({ ip: '127.0.0.1' });
  await expect(openNodePort({ ip: '127.0.0.1', port: first.local.port })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
  first.close();
});

test('a datagram to an address that cannot be is lost, not thrown', async () => {
  const port = await openNodePort({ ip: '127.0.0.1' });
  for (const to of [
    { ip: '::1', port: 9 },
    { ip: '127.0.0.1', port: 0 },
  ]) {
    expect(() => port.send(new Uint8Array(10), 0, 10, to, 0)).not.toThrow();
  }
  port.close();
});

function nextDatagram(port: DatagramPort): Promise<Uint8Array> {
  return new Promise((resolve) => (port.onDatagram = (bytes) => resolve(bytes.slice())));
}

/** A loopback port that was free a moment ago. */
async function closedPort(): Promise<{ ip: string; port: number }> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return { ip: '127.0.0.1', port };
}
