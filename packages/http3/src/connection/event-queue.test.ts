import { expect, test } from '@jest/globals';
import type { Http3Event } from '../events.ts';
import type { RequestStream } from '../stream/request-stream.ts';
import { EventQueue } from './event-queue.ts';

const priority = (streamId: number, urgency: number): Http3Event => ({
  type: 'priority',
  streamId,
  priority: { urgency },
});

/** All that waits. */
function pullAll(queue: EventQueue): Http3Event[] {
  const events: Http3Event[] = [];
  for (let event = queue.shift(); event !== undefined; event = queue.shift()) events.push(event);
  return events;
}

test('of what a peer may say again and again one event waits, and the last priority counts', () => {
  const queue = new EventQueue();
  for (let i = 0; i < 1000; i++) {
    queue.push({ type: 'goaway' });
    queue.push(priority(0, i % 8));
    queue.push(priority(4, (i + 1) % 8));
  }
  expect(pullAll(queue)).toEqual([{ type: 'goaway' }, priority(0, 7), priority(4, 0)]);
  queue.push(priority(0, 1));
  queue.push({ type: 'goaway' });
  expect(pullAll(queue)).toEqual([priority(0, 1), { type: 'goaway' }]);
});

test('events come in their order, also while others are pulled', () => {
  const queue = new EventQueue();
  const pulled: number[] = [];
  let pushed = 0;
  for (let round = 0; round < 100; round++) {
    for (let i = 0; i < 3; i++) queue.push({ type: 'content', streamId: pushed++ });
    for (let i = 0; i < 2; i++) pulled.push((queue.shift() as { streamId: number }).streamId);
  }
  for (const event of pullAll(queue)) pulled.push((event as { streamId: number }).streamId);
  expect(pulled).toEqual(Array.from({ length: 300 }, (_, i) => i));
});

test('a priority finds its place behind events that were pulled', () => {
  const queue = new EventQueue();
  queue.push({ type: 'content', streamId: 0 });
  queue.push(priority(4, 1));
  queue.shift();
  queue.push({ type: 'content', streamId: 8 });
  queue.push(priority(4, 2));
  expect(pullAll(queue)).toEqual([priority(4, 2), { type: 'content', streamId: 8 }]);
});

test('a request that is over is found until the program has handled its last event', () => {
  const queue = new EventQueue();
  let forgotten = 0;
  const stream = { id: 4, forgetDatagrams: () => void forgotten++ } as RequestStream;
  queue.keep(stream);
  expect([queue.keptStream(4), forgotten]).toEqual([undefined, 1]);
  queue.push({ type: 'content', streamId: 4 });
  queue.push({ type: 'end', streamId: 4 });
  queue.keep(stream);
  for (const type of ['content', 'end']) {
    expect(queue.shift()).toMatchObject({ type });
    expect(queue.keptStream(4)).toBe(stream);
  }
  expect(forgotten).toBe(1);
  queue.shift();
  expect([queue.keptStream(4), forgotten]).toEqual([undefined, 2]);
});

test('nothing but the end is told of a connection that this side has closed', () => {
  const queue = new EventQueue();
  queue.push({ type: 'goaway' });
  queue.silence();
  queue.push({ type: 'end', streamId: 0 });
  queue.push({ type: 'closed', reason: { kind: 'idle-timeout' } as never });
  expect(pullAll(queue).map(({ type }) => type)).toEqual(['goaway', 'closed']);
});
