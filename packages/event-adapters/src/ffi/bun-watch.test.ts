import { beforeEach, expect, jest, test } from '@jest/globals';
import { ScriptedPolls } from '../../test/scripted-polls.ts';
import { BunWatch } from './bun-watch.ts';
import { PollBell } from './poll-bell.ts';
import { PollSet } from './poll-set.ts';
import { Ready } from './readiness.ts';

let polls = new ScriptedPolls();
let set = new PollSet(polls);
let watched: BunWatch;
/** Streams that are open, as Bun would read the bell for them. */
let streams: ReadableStreamDefaultController<Uint8Array>[] = [];
let opened = 0;
/** What they were opened for last. */
let openedFor = 0;

beforeEach(() => {
  polls = new ScriptedPolls();
  set = new PollSet(polls);
  streams = [];
  opened = 0;
  watched = new BunWatch(set, new PollBell(polls, set.fd), (fd) => {
    openedFor = fd;
    opened++;
    return new ReadableStream<Uint8Array>({
      start: (controller) => void streams.push(controller),
      cancel: () => void streams.shift(),
    });
  });
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The bell rings: its request is complete, and Bun has read it. */
function ring(): void {
  polls.done = 1;
  streams[0]!.enqueue(new Uint8Array(8));
}

function watch(onReady: () => void = () => {}): ReturnType<PollSet['watch']> {
  const socket = watched.watch(5, onReady);
  socket.start(Ready.Read);
  return socket;
}

test('a socket hears when the bell rings, again and again', async () => {
  let count = 0;
  watch(() => count++);
  for (const expected of [1, 2, 3]) {
    polls.ready = [[1, 1]];
    ring();
    await turn();
    expect([count, polls.requests.length, opened, openedFor]).toEqual([expected, expected + 1, 1, 11]);
  }
});

test('nothing is read while there is no socket, and a short gap between two changes nothing', async () => {
  expect(opened).toBe(0);
  watch().close();
  watch();
  await turn();
  expect([opened, streams.length]).toEqual([1, 1]);
  set.watch(6, () => {}).close();
  await turn();
  expect([opened, streams.length]).toEqual([1, 1]);
});

test('what an earlier stream has read rings again for the next one', async () => {
  const socket = watch();
  expect(polls.requests).toHaveLength(1);
  socket.close();
  await turn();
  expect(streams).toEqual([]);
  polls.done = 1;
  watch();
  expect([opened, polls.requests.length]).toEqual([2, 2]);
});

test('where no socket keeps the program running, a timer looks that does not either', async () => {
  const timers = jest.spyOn(globalThis, 'setTimeout');
  try {
    let count = 0;
    const socket = watch(() => count++);
    socket.unref();
    await turn();
    expect(streams).toEqual([]);
    const timer = timers.mock.results.at(-1)!.value as NodeJS.Timeout;
    expect(timer.hasRef()).toBe(false);
    polls.ready = [[1, 1]];
    for (let waited = 0; count === 0 && waited < 100; waited++) await pause();
    expect(count).toBe(1);
    socket.ref();
    expect(streams).toHaveLength(1);
    socket.close();
    await turn();
    expect([streams.length, opened]).toEqual([0, 2]);
  } finally {
    timers.mockRestore();
  }
});

test.each([
  ['ends', () => streams[0]!.close()],
  ['fails', () => streams[0]!.error(new Error('EBADF'))],
  [
    'is rung no more',
    () => {
      polls.failures.add('io_submit');
      ring();
    },
  ],
])('when a bell %s, a timer looks, and keeps the program running', async (_title, breaks) => {
  const timers = jest.spyOn(globalThis, 'setTimeout');
  try {
    let count = 0;
    const socket = watch(() => count++);
    breaks();
    await turn();
    expect((timers.mock.results.at(-1)!.value as NodeJS.Timeout).hasRef()).toBe(true);
    polls.ready = [[1, 1]];
    for (let waited = 0; count === 0 && waited < 100; waited++) await pause();
    expect([count, opened]).toEqual([1, 1]);
    // Another one is better off with another kind of socket.
    expect(() => watch()).toThrow('Bun does not tell');
    socket.close();
  } finally {
    timers.mockRestore();
  }
});

test('a system that takes no request from the beginning leaves the first socket a timer', async () => {
  polls.failures.add('io_submit');
  let count = 0;
  const socket = watch(() => count++);
  polls.ready = [[1, 1]];
  for (let waited = 0; count === 0 && waited < 100; waited++) await pause();
  expect([count, streams.length]).toEqual([1, 0]);
  expect(() => watch()).toThrow('Bun does not tell');
  socket.close();
});

test('what a handler throws comes in a turn of its own, and the socket goes on', async () => {
  const original = globalThis.setImmediate;
  const later: (() => void)[] = [];
  let count = 0;
  watch(() => {
    count++;
    throw new Error('of the program');
  });
  for (let round = 1; round <= 2; round++) {
    globalThis.setImmediate = ((task: () => void) => later.push(task)) as never;
    polls.ready = [[1, 1]];
    ring();
    await new Promise((resolve) => original(resolve));
    globalThis.setImmediate = original;
    expect([count, later.length]).toEqual([round, round]);
    expect(later[round - 1]).toThrow('of the program');
  }
});

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
