import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { DatagramPort } from './datagram-port.ts';
import { type EveryAddressOptions, openEveryAddress } from './every-address.ts';
import { openNodePort } from './node-port.ts';
import { portPromises } from './port-compliance.ts';

const opened: DatagramPort[] = [];
afterEach(() => {
  for (const port of opened.splice(0)) port.close();
});

/** A port that sends back what it hears, from where it heard it. */
async function openEcho(options: EveryAddressOptions): Promise<DatagramPort> {
  const port = await openEveryAddress(options);
  opened.push(port);
  port.onDatagram = (bytes, from, ecn, to, interfaceIndex) =>
    port.send(bytes, 0, bytes.length, from, ecn, to, interfaceIndex);
  return port;
}

/** Ask at `ip` until an answer comes from there: a connected socket hears nobody else. */
async function ask(ip: string, port: number): Promise<string> {
  const client = await openNodePort({ connect: { ip, port } });
  opened.push(client);
  return new Promise((resolve) => {
    client.onDatagram = (_bytes, from) => {
      clearInterval(timer);
      resolve(from.ip);
    };
    const say = (): void => client.send(new Uint8Array(1200), 0, 1200, { ip, port }, 0);
    const timer = setInterval(say, 50);
    say();
  });
}

describe('a port on every address', () => {
  test('answers from the address that was asked', async () => {
    const { local } = await openEcho({ addresses: ['127.0.0.1', '127.0.0.2', '::1'] });
    for (const ip of ['127.0.0.2', '127.0.0.1', '::1']) expect(await ask(ip, local.port)).toBe(ip);
  }, 60_000);

  test('has all that the interfaces list, or IPv4 alone', async () => {
    const listed = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
    const { local } = await openEcho({});
    expect(local.ip).toBe('::');
    for (const { address, family } of listed) {
      if (family === 'IPv6' && address.startsWith('fe80')) continue;
      expect(await ask(address, local.port)).toBe(address);
    }
    const four = await openEcho({ ipv4Only: true });
    expect(four.local.ip).toBe('0.0.0.0');
    expect(await ask('127.0.0.1', four.local.port)).toBe('127.0.0.1');
  }, 60_000);

  test('follows addresses that come and go', async () => {
    let ips = ['127.0.0.1'];
    const { local } = await openEcho({ list: () => ips, lookEveryMs: 5 });
    ips = ['127.0.0.3', '127.0.0.1'];
    expect(await ask('127.0.0.3', local.port)).toBe('127.0.0.3');
    expect(await ask('127.0.0.1', local.port)).toBe('127.0.0.1');
    ips = ['127.0.0.1'];
    // Free for others once it is gone.
    for (let other: DatagramPort | undefined; other === undefined;) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      other = await openNodePort({ ip: '127.0.0.3', port: local.port }).catch(() => undefined);
      if (other !== undefined) opened.push(other);
    }
  }, 60_000);

  test('rejects when somebody has its number on one of them, and leaves nothing open', async () => {
    const other = await openNodePort({ ip: '127.0.0.2' });
    opened.push(other);
    const { port } = other.local;
    const attempt = openEveryAddress({ port, addresses: ['127.0.0.1', '127.0.0.2'] });
    await expect(attempt).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(openEveryAddress({ port, list: () => ['127.0.0.1', '127.0.0.2'] })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    opened.push(await openNodePort({ ip: '127.0.0.1', port }));
  });

  test('finds a number that is free on all', async () => {
    let tries = 0;
    const port = await openEveryAddress({
      addresses: ['127.0.0.1', '127.0.0.2'],
      open: async (ip, wanted) => {
        if (ip === '127.0.0.2' && tries++ < 2)
          throw Object.assign(new Error('taken'), { code: 'EADDRINUSE' });
        return openNodePort({ ip, port: wanted });
      },
    });
    opened.push(port);
    expect(tries).toBe(3);
  });

  test('does without an address that is not ready, but not without one that was named', async () => {
    const gone = '192.0.2.1';
    const { local } = await openEcho({ list: () => [gone, '127.0.0.1'], lookEveryMs: 1000 });
    expect(await ask('127.0.0.1', local.port)).toBe('127.0.0.1');
    await expect(openEveryAddress({ addresses: ['127.0.0.1', gone] })).rejects.toMatchObject({
      code: 'EADDRNOTAVAIL',
    });
  }, 60_000);

  test('is one socket on any address where the runtime lists none', async () => {
    const { local } = await openEcho({ list: () => [] });
    expect(['::', '0.0.0.0']).toContain(local.ip);
    expect(await ask('127.0.0.1', local.port)).toBe('127.0.0.1');
  }, 60_000);

  test.each(portPromises.map(({ name, check }) => [name, check] as const))('%s', async (_name, check) => {
    const open = (): Promise<DatagramPort> => openEveryAddress({ addresses: ['127.0.0.1', '::1'] });
    await expect(check(open)).resolves.toBeUndefined();
  });
});

describe('a machine without IPv6, where no address is listed', () => {
  const list = (): readonly string[] => [];

  test.each(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL', 'ENOTSUP'])(
    'has a port on all of IPv4 where :: gives %s',
    async (code) => {
      const asked: string[] = [];
      const open = async (ip: string, port: number): Promise<DatagramPort> => {
        asked.push(`${ip} ${port}`);
        if (ip === '::') throw Object.assign(new Error('no IPv6'), { code });
        return openNodePort({ ip: '127.0.0.1', port });
      };
      const port = await openEcho({ list, open });
      expect(asked).toEqual([':: 0', '0.0.0.0 0']);
      expect(await ask('127.0.0.1', port.local.port)).toBe('127.0.0.1');
    },
  );

  test('fails with whatever else is wrong, and does not try IPv4 instead', async () => {
    const asked: string[] = [];
    const open = (ip: string): Promise<DatagramPort> => {
      asked.push(ip);
      return Promise.reject(Object.assign(new Error('taken'), { code: 'EADDRINUSE' }));
    };
    await expect(openEveryAddress({ list, open })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(asked).toEqual(['::']);
  });

  test('is asked for IPv4 alone where that is wanted', async () => {
    const asked: string[] = [];
    const open = (ip: string, port: number): Promise<DatagramPort> => {
      asked.push(ip);
      return openNodePort({ ip: '127.0.0.1', port });
    };
    opened.push(await openEveryAddress({ list, open, ipv4Only: true }));
    expect(asked).toEqual(['0.0.0.0']);
  });
});
