import { describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import { openNodePort } from '@tsquic/event-adapters';
import type { PathEvent } from 'tsquic';
import { connectedPair, echo, HOST } from './endpoints.ts';

const changesOf = (events: readonly PathEvent[]): string[] => events.map(({ change }) => change);

describe('a client that goes on from another socket', () => {
  test.each([false, true])(
    'keeps its streams, and both ends see the new address (at once: %s)',
    async (atOnce) => {
      covers('rfc9000-9.1-1');
      const heard: PathEvent[] = [];
      const seen: PathEvent[] = [];
      const { client, server, close } = await connectedPair(
        { onPath: (event) => void heard.push(event) },
        { onPath: (event, connection) => connection.isClient || seen.push(event) },
      );
      await client.ready;
      const before = client.localAddress;
      const transfer = echo(client, server, 3_000_000);
      await client.rebind({ atOnce });
      expect(client.localAddress.port).not.toBe(before.port);
      expect(await transfer).toBe(3_000_000);
      expect(await echo(client, server, 100_000)).toBe(100_000);
      expect(changesOf(heard).slice(0, 2).sort()).toEqual(['active', 'validated']);
      expect(server.remoteAddress.port).toBe(client.localAddress.port);
      expect(changesOf(seen)).toContain('active');
      await close();
    },
  );

  test('again and again', async () => {
    const { client, server, close } = await connectedPair();
    await client.ready;
    const ports = new Set([client.localAddress.port]);
    for (let i = 0; i < 4; i++) {
      await client.rebind();
      ports.add(client.localAddress.port);
      expect(await echo(client, server, 10_000)).toBe(10_000);
    }
    expect(ports.size).toBe(5);
    await close();
  });

  test('of its own, or of a port of its choice', async () => {
    const { client, server, close } = await connectedPair();
    await client.ready;
    const socket = await openNodePort({ ip: HOST });
    await client.rebind({ socket });
    expect(client.localAddress).toEqual(socket.local);
    expect(await echo(client, server, 10_000)).toBe(10_000);
    await client.rebind({ localAddress: HOST });
    expect(client.localAddress.ip).toBe(HOST);
    await close();
  });

  test('which a server forbids, a server itself cannot, and nobody after the end', async () => {
    covers('rfc9000-18.2-3');
    const { client, server, close } = await connectedPair(
      {},
      { transport: { disableActiveMigration: true } },
    );
    await client.ready;
    const before = client.localAddress;
    await expect(client.rebind()).rejects.toMatchObject({ code: 'ERR_QUIC_MIGRATION' });
    await expect(server.rebind()).rejects.toMatchObject({ code: 'ERR_QUIC_NOT_A_CLIENT' });
    await expect(client.rebind({ localPort: -1 })).rejects.toMatchObject({ code: 'ERR_QUIC_INVALID_OPTION' });
    expect(client.localAddress).toEqual(before);
    expect(await echo(client, server, 10_000)).toBe(10_000);
    await close();
    await expect(client.rebind()).rejects.toBeDefined();
  });

  test('that ends on the way: the move is over too', async () => {
    const { client, close } = await connectedPair();
    await client.ready;
    const moving = client.rebind();
    await client.close();
    await expect(moving).rejects.toBeDefined();
    await close();
  });

  test('a second move takes the place of the first', async () => {
    const { client, server, close } = await connectedPair();
    await client.ready;
    const [first, second] = await Promise.allSettled([client.rebind(), client.rebind()]);
    expect([first.status, second.status].sort()).toEqual(['fulfilled', 'rejected']);
    expect(await echo(client, server, 10_000)).toBe(10_000);
    await close();
  });
});

describe('a server that prefers another address', () => {
  const elsewhere = async (): Promise<{ ip: string; port: number }> => {
    const socket = await openNodePort({ ip: HOST });
    const { port } = socket.local;
    socket.close();
    return { ip: HOST, port };
  };

  test('is followed there, from a socket of its own, unless the client has other plans', async () => {
    covers('rfc9000-9.6.1-2', 'rfc9000-9.6.1-3');
    for (const followPreferredAddress of [true, false]) {
      const ipv4 = await elsewhere();
      const heard: PathEvent[] = [];
      let onMoved = (): void => {};
      const moved = new Promise<void>((resolve) => (onMoved = resolve));
      const { client, server, close } = await connectedPair(
        {
          followPreferredAddress,
          onPath(event) {
            heard.push(event);
            if (event.change === 'active') onMoved();
          },
        },
        { preferredAddress: { ipv4 } },
      );
      await client.ready;
      if (followPreferredAddress) await moved;
      expect(await echo(client, server, 100_000)).toBe(100_000);
      expect(client.remoteAddress.port === ipv4.port).toBe(followPreferredAddress);
      if (!followPreferredAddress) expect(heard).toEqual([]);
      await close();
    }
  });

  test('that is none is refused', async () => {
    await expect(connectedPair({}, { preferredAddress: {} })).rejects.toMatchObject({
      code: 'ERR_QUIC_INVALID_OPTION',
    });
  });
});
