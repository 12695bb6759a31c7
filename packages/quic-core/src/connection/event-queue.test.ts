import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EventQueue } from './event-queue.ts';
import type { PathStateEvent } from '../events.ts';

const SEED = 5;

test(`gives events in order, however they are pushed and pulled (seed ${SEED})`, () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -700, max: 700 }), { maxLength: 30 }), (bursts) => {
      const queue = new EventQueue();
      const oracle: number[] = [];
      let next = 0;
      for (const burst of bursts) {
        for (let i = 0; i < burst; i++) {
          queue.push({ type: 'wake', connection: next });
          oracle.push(next++);
        }
        for (let i = 0; i < -burst; i++) expect(queue.shift()?.connection).toBe(oracle.shift());
      }
      while (oracle.length > 0) expect(queue.shift()?.connection).toBe(oracle.shift());
      expect(queue.shift()).toBeUndefined();
    }),
    { seed: SEED, numRuns: 50 },
  );
});

test('of tickets and tokens that wait, the newest eight of each connection are kept, each in order', () => {
  const queue = new EventQueue();
  for (let i = 0; i < 20; i++) {
    queue.push({ type: 'token', connection: 1, token: Uint8Array.of(i), version: 1 });
    queue.push({ type: 'ticket', connection: 1, ticket: Uint8Array.of(i) });
    if (i < 3) queue.push({ type: 'token', connection: 2, token: Uint8Array.of(i), version: 1 });
    queue.push({ type: 'wake', connection: i });
  }
  const taken: Record<string, number[]> = {};
  for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
    const value =
      event.type === 'token'
        ? event.token[0]!
        : event.type === 'ticket'
          ? event.ticket[0]!
          : event.connection;
    const name = event.type === 'wake' ? 'wake' : `${event.type} ${event.connection}`;
    (taken[name] ??= []).push(value);
  }
  const newest = [12, 13, 14, 15, 16, 17, 18, 19];
  expect(taken).toEqual({
    'token 1': newest,
    'ticket 1': newest,
    'token 2': [0, 1, 2],
    wake: Array.from({ length: 20 }, (_, i) => i),
  });
  queue.push({ type: 'token', connection: 1, token: Uint8Array.of(9), version: 1 });
  expect(queue.shift()).toEqual({ type: 'token', connection: 1, token: Uint8Array.of(9), version: 1 });
  expect(queue.shift()).toBeUndefined();
});

test('of the largest datagram, and of datagrams dropped, the last word of each connection stays', () => {
  const queue = new EventQueue();
  for (let i = 1; i <= 1000; i++) {
    queue.push({ type: 'datagram-size', connection: i % 2, maxBytes: i });
    queue.push({ type: 'datagrams-dropped', connection: 0, total: i });
  }
  expect([queue.shift(), queue.shift(), queue.shift(), queue.shift()]).toEqual([
    { type: 'datagram-size', connection: 1, maxBytes: 999 },
    { type: 'datagrams-dropped', connection: 0, total: 1000 },
    { type: 'datagram-size', connection: 0, maxBytes: 1000 },
    undefined,
  ]);
  queue.push({ type: 'datagram-size', connection: 0, maxBytes: 5 });
  expect(queue.shift()).toEqual({ type: 'datagram-size', connection: 0, maxBytes: 5 });
});

const ADDRESS = { ip: '192.0.2.1', port: 1 };
const stateOf = (pathId: number, state: PathStateEvent['state'], connection = 1): PathStateEvent => ({
  type: 'path-state',
  connection,
  pathId,
  state,
  code: 0,
  local: ADDRESS,
  remote: ADDRESS,
});
const pathsIn = (queue: EventQueue): string[] => {
  const found: string[] = [];
  for (let event = queue.shift(); event !== undefined; event = queue.shift())
    if (event.type === 'path-state') found.push(`${event.pathId} ${event.state}`);
  return found;
};

test('of the states of paths, the last of each path stays, whatever happens to others', () => {
  const queue = new EventQueue();
  for (let id = 0; id < 32; id++) queue.push(stateOf(id, 'available'));
  for (let i = 0; i < 100; i++) queue.push(stateOf(5, i % 2 === 0 ? 'suspended' : 'available'));
  queue.push(stateOf(5, 'abandoned'));
  queue.push(stateOf(5, 'abandoned', 2));
  expect(pathsIn(queue)).toEqual([
    ...Array.from({ length: 32 }, (_, id) => `${id} ${id === 5 ? 'abandoned' : 'available'}`),
    '5 abandoned',
  ]);
  queue.push(stateOf(5, 'available'));
  expect(pathsIn(queue)).toEqual(['5 available']);
});

test('of paths without end that are over, the newest are told, and each that is in use', () => {
  const queue = new EventQueue();
  queue.push(stateOf(0, 'available'));
  for (let id = 1; id < 10_000; id++) {
    queue.push(stateOf(id, 'available'));
    queue.push(stateOf(id, 'abandoned'));
  }
  const told = pathsIn(queue);
  expect(told).toHaveLength(64);
  expect([told[0], told[63]]).toEqual(['0 available', '9999 abandoned']);
});
