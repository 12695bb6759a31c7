import { expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import { ask, Scene } from './scene.ts';

test('SETTINGS of a server come with its handshake, a round trip before the end of that', async () => {
  covers('rfc9114-7.2.4.2-3');
  const scene = await Scene.create(() => new Response('hello'));
  const { clock } = scene.network;
  const session = await scene.connect();
  const connectedUs = clock.nowUs();
  await scene.until(session.settled);
  expect(clock.nowUs()).toBe(connectedUs);
  await scene.until(scene.server.close());
});

test('a request that comes before the end of the handshake finds its session resumed', async () => {
  const seen: [early: string, resumed: boolean][] = [];
  const scene = await Scene.create(
    (_request, { connection }) => {
      seen.push([connection.statistics().state, connection.resumed]);
      return new Response('hello');
    },
    { earlyData: true },
  );
  let keep = (_session: Uint8Array): void => {};
  const kept = new Promise<Uint8Array>((resolve) => (keep = resolve));
  const first = await scene.connect({ onSession: (session) => keep(session) });
  const session = await scene.until(kept);
  await scene.until(first.close());
  const second = await scene.connect({ session, earlyData: true });
  expect((await scene.until(ask(second))).text).toBe('hello');
  expect(seen).toEqual([['handshaking', true]]);
  await scene.until(second.close());
  await scene.until(scene.server.close());
});
