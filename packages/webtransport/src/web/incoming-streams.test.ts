import { expect, test } from '@jest/globals';
import type { DataStream } from '../session/data-stream.ts';
import { IncomingStreams } from './incoming-streams.ts';

const stream = (isReleased: boolean): DataStream => ({ isReleased }) as DataStream;

test('streams that were reset before anybody took them do not pile up', async () => {
  const incoming = new IncomingStreams<number>(() => {});
  incoming.push(stream(false), -1);
  for (let i = 0; i < 10_000; i++) incoming.push(stream(true), i);
  incoming.end(undefined);
  // What waits is dropped with the session.
  expect(await incoming.readable.getReader().read()).toEqual({ done: true, value: undefined });
});

test('the newest of them are kept, and those that are open', async () => {
  const incoming = new IncomingStreams<number>(() => {});
  incoming.push(stream(false), -1);
  for (let i = 0; i < 10_000; i++) incoming.push(stream(true), i);
  const reader = incoming.readable.getReader();
  const taken: number[] = [];
  for (let i = 0; i < 256; i++) taken.push((await reader.read()).value!);
  expect(taken).toEqual([-1, ...Array.from({ length: 255 }, (_, i) => 9745 + i)]);
  const next = reader.read();
  incoming.end(new Error('over'));
  await expect(next).rejects.toThrow('over');
});

test('a program that wants none has those refused that wait and that come', async () => {
  const refused: DataStream[] = [];
  const incoming = new IncomingStreams<number>((one) => refused.push(one));
  const [one, two] = [stream(false), stream(false)];
  incoming.push(one, 1);
  await incoming.readable.cancel();
  incoming.push(two, 2);
  expect(refused).toEqual([one, two]);
  incoming.end(undefined);
});
