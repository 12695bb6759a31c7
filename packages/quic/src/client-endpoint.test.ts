import { expect, jest, test } from '@jest/globals';
import { ClientSockets } from './client-endpoint.ts';
import { clientContexts } from './contexts.ts';

const options = { ALPNProtocols: ['test'] };

test('a connection that has ended keeps no program running, whatever is called on it', async () => {
  const sockets = new ClientSockets(options, clientContexts(options));
  const [ended, open] = [await sockets.enter('127.0.0.1'), await sockets.enter('127.0.0.1')];
  const kept = jest.spyOn(ended.endpoint, 'keepAlive');
  ended.leave();
  expect(kept).toHaveBeenLastCalledWith(true);
  open.leave();
  expect(kept).toHaveBeenLastCalledWith(false);
  kept.mockClear();
  ended.keepAlive(true);
  expect(kept.mock.calls).not.toContainEqual([true]);
  (await sockets.enter('127.0.0.1')).keepAlive(false);
  expect(kept).toHaveBeenLastCalledWith(false);
  await sockets.close({});
});
