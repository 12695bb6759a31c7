import { EventEmitter } from 'node:events';
import { expect, test } from '@jest/globals';
import { type NetworkThreadOptions, startNetworkThread } from './network-thread.ts';
import { WakeSignal } from './wake-signal.ts';

/** Stands in for a thread; the test plays its part. */
class ScriptedThread extends EventEmitter {
  readonly posted: unknown[] = [];
  terminated = false;

  postMessage(message: unknown): void {
    this.posted.push(message);
  }

  terminate(): void {
    this.terminated = true;
    this.emit('exit', 1);
  }
}

function start(options: Partial<NetworkThreadOptions> = {}): {
  readonly handle: ScriptedThread;
  readonly thread: ReturnType<typeof startNetworkThread>;
  readonly workerData: () => { tsquic: { threadSignal: SharedArrayBuffer; data: unknown } };
} {
  const handle = new ScriptedThread();
  let given: unknown;
  const thread = startNetworkThread({
    module: new URL('file:///thread.js'),
    createThread: (_module, workerData) => {
      given = workerData;
      return handle;
    },
    ...options,
  });
  return { handle, thread, workerData: () => given as never };
}

test('wake-ups without a message are one until the thread has looked', async () => {
  const { handle, thread, workerData } = start();
  handle.emit('message', { type: 'started' });
  const { wakeUp } = { wakeUp: (await thread).wakeUp.bind(await thread) };
  for (let count = 0; count < 3; count++) wakeUp();
  expect(handle.posted).toEqual([{ type: 'wake-up' }]);
  new WakeSignal(workerData().tsquic.threadSignal).lower();
  wakeUp();
  expect(handle.posted).toHaveLength(2);
  wakeUp('one');
  wakeUp('two');
  expect(handle.posted.slice(2)).toEqual([
    { type: 'message', message: 'one' },
    { type: 'message', message: 'two' },
  ]);
});

test('data goes to the module, messages come to onWakeUp', async () => {
  const heard: unknown[] = [];
  const { handle, thread, workerData } = start({ data: 42, onWakeUp: (message) => heard.push(message) });
  expect(workerData().tsquic.data).toBe(42);
  handle.emit('message', { type: 'message', message: 'early' });
  handle.emit('message', { type: 'started' });
  await thread;
  handle.emit('message', { type: 'wake-up' });
  expect(heard).toEqual(['early', undefined]);
});

test.each([
  ['an error thrown by the module', 'error', new Error('no socket'), 'no socket'],
  ['a failure it tells', 'message', { type: 'failed', reason: new Error('no key') }, 'no key'],
  ['an early end', 'exit', 3, 'ended with 3'],
])('%s rejects the start', async (_name, event, value, message) => {
  const { handle, thread } = start();
  handle.emit(event, value);
  await expect(thread).rejects.toThrow(message);
});

test('stop asks and waits, terminate does not ask', async () => {
  const { handle, thread } = start();
  handle.emit('message', { type: 'started' });
  const stopped = (await thread).stop();
  expect(handle.posted).toEqual([{ type: 'stop' }]);
  handle.emit('exit', 0);
  await stopped;
  const other = start();
  other.handle.emit('message', { type: 'started' });
  await (await other.thread).terminate();
  expect(other.handle.terminated).toBe(true);
});
