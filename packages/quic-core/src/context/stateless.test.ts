import { expect, test } from '@jest/globals';
import { createOutgoingDatagram } from '../connection/outgoing-datagram.ts';
import { StatelessQueue } from './stateless.ts';

const CLIENT = { ip: '192.0.2.7', port: 7 };
const SERVER = { ip: '192.0.2.1', port: 443 };

test('64 answers wait, in order; those beyond are never given', () => {
  const queue = new StatelessQueue();
  for (let i = 0; i < 100; i++) queue.push(Uint8Array.of(i), CLIENT, SERVER, 3);
  const out = createOutgoingDatagram(new Uint8Array(1200));
  const seen: number[] = [];
  while (queue.write(out) > 0) {
    seen.push(out.buffer[0]!);
    expect([out.to, out.from, out.interfaceIndex, out.length]).toEqual([CLIENT, SERVER, 3, 1]);
  }
  expect(seen).toEqual(Array.from({ length: 64 }, (_, i) => i));
  expect(queue.isEmpty).toBe(true);
  // There is room again, and `clear` gives up what waits.
  queue.push(Uint8Array.of(1), CLIENT, SERVER, 0);
  expect(queue.isEmpty).toBe(false);
  queue.clear();
  expect([queue.isEmpty, queue.write(out)]).toEqual([true, 0]);
});
