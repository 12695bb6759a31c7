import { expect, test } from '@jest/globals';
import { connectedPair, receive, send, take } from './endpoints.ts';

test.each(['client', 'server'] as const)(
  'updateKeys of the %s changes the keys of both sides',
  async (role) => {
    const { client, server, close } = await connectedPair();
    await Promise.all([client.ready, server.ready]);
    const sides = { client, server };
    expect(sides[role].updateKeys()).toBe(true);
    for (const side of [client, server])
      while (side.statistics().keyUpdates === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const stream = await client.openStream({ unidirectional: true });
    const arriving = take(server).then(({ readable }) => receive(readable));
    await send(stream.writable, 'under new keys');
    expect(await arriving).toBe('under new keys');
    expect([client, server].map((side) => side.statistics().keyUpdates)).toEqual([1, 1]);
    await close();
    expect(sides[role].updateKeys()).toBe(false);
  },
);
