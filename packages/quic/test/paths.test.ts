import { describe, expect, test } from '@jest/globals';
import { openNodePort } from '@tsquic/event-adapters';
import type { PathStateEvent, QuicConnection } from 'tsquic';
import { connectedPair, echo, HOST } from './endpoints.ts';

const ON = { transport: { maxPaths: 2 } };
const statesOf = (events: readonly PathStateEvent[]): string[] =>
  events.map(({ pathId, state }) => `${pathId} ${state}`);
const pathsOf = (connection: QuicConnection): number[] =>
  connection.pathStatistics().map(({ pathId }) => pathId);

describe('a client with two sockets at once', () => {
  test('sends by both, and goes on by one when it abandons the other', async () => {
    const heard: PathStateEvent[] = [];
    const seen: PathStateEvent[] = [];
    const { client, server, close } = await connectedPair(
      { ...ON, onPathState: (event) => void heard.push(event) },
      { ...ON, onPathState: (event) => void seen.push(event) },
    );
    await client.ready;
    const pathId = await client.paths.open();
    expect(pathId).toBe(1);
    expect(await echo(client, server, 3_000_000)).toBe(3_000_000);
    const [first, second] = client
      .pathStatistics()
      .slice()
      .sort((a, b) => a.pathId - b.pathId);
    expect(first!.local.port).not.toBe(second!.local.port);
    expect([first!.bytesDelivered > 0, second!.bytesDelivered > 0]).toEqual([true, true]);
    expect(client.paths.setStatus(1, 'backup')).toBe(true);
    expect(await echo(client, server, 100_000)).toBe(100_000);
    expect(client.paths.abandon(0)).toBe(true);
    expect(client.paths.abandon(1)).toBe(false);
    expect(await echo(client, server, 100_000)).toBe(100_000);
    expect([pathsOf(client), pathsOf(server)]).toEqual([[1], [1]]);
    expect(statesOf(heard)).toEqual(['1 available', '0 abandoned']);
    expect(statesOf(seen)).toEqual(['1 available', '0 abandoned']);
    await close();
  });

  test('of its own', async () => {
    const { client, server, close } = await connectedPair(ON, ON);
    await client.ready;
    const socket = await openNodePort({ ip: HOST });
    expect(await client.paths.open({ socket, backup: true })).toBe(1);
    expect(client.pathStatistics().find((path) => path.pathId === 1)).toMatchObject({
      local: socket.local,
      backup: true,
    });
    expect(await echo(client, server, 10_000)).toBe(10_000);
    await close();
  });

  test('keeps the socket of an abandoned path for a while: draft-ietf-quic-multipath §3.4', async () => {
    const socket = await openNodePort({ ip: HOST });
    const close = socket.close.bind(socket);
    let isClosed = false;
    const over = new Promise<void>((resolve) => {
      socket.close = () => {
        isClosed = true;
        close();
        resolve();
      };
    });
    const told: boolean[] = [];
    const onPathState = ({ state }: PathStateEvent): void => {
      if (state === 'abandoned') told.push(isClosed);
    };
    const pair = await connectedPair({ ...ON, onPathState }, ON);
    await pair.client.ready;
    await pair.client.paths.open({ socket });
    expect(pair.client.paths.abandon(1)).toBe(true);
    await over;
    expect(told).toEqual([false]);
    expect(pair.client.paths.abandon(1)).toBe(false);
    expect(await echo(pair.client, pair.server, 1000)).toBe(1000);
    await pair.close();
  });

  test('needs the option at both ends, and room within it', async () => {
    for (const [mine, theirs] of [
      [ON, {}],
      [{}, ON],
      [{ transport: { maxPaths: 1 } }, ON],
    ]) {
      const { client, server, close } = await connectedPair(mine, theirs);
      await client.ready;
      await expect(client.paths.open()).rejects.toMatchObject({ code: 'ERR_QUIC_MIGRATION' });
      await expect(server.paths.open()).rejects.toMatchObject({ code: 'ERR_QUIC_NOT_A_CLIENT' });
      expect(await echo(client, server, 10_000)).toBe(10_000);
      await close();
      await expect(client.paths.open()).rejects.toBeDefined();
    }
  });

  test('refuses what makes no sense', async () => {
    const { client, close } = await connectedPair(ON, ON);
    await client.ready;
    const invalid = { code: 'ERR_QUIC_INVALID_OPTION' };
    await expect(client.paths.open({ localPort: -1 })).rejects.toMatchObject(invalid);
    await expect(client.paths.open({ backup: 1 as never })).rejects.toMatchObject(invalid);
    expect(() => client.paths.abandon(-1)).toThrow(expect.objectContaining(invalid));
    expect(() => client.paths.setStatus(0, 'best' as never)).toThrow(expect.objectContaining(invalid));
    expect(client.paths.setStatus(7, 'backup')).toBe(false);
    await close();
  });
});
