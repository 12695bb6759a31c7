import { expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import { Scene } from './scene.ts';

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
