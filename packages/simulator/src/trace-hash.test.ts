import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createNobleProvider } from '@tsquic/crypto/noble';
import { RUN_OPTIONS } from '../test/run-options.ts';
import { StopAndWait } from '../test/stop-and-wait.ts';
import { runTraceHashes } from './experiments/trace-hashes.ts';
import { createTraceHash } from './trace-hash.ts';
import { World } from './world.ts';

const A = { ip: '10.0.0.1', port: 5001 };
const B = { ip: '10.0.0.2', port: 443 };

test('the hash is of direction, ECN, time, length, addresses and bytes, of both ends', () => {
  const world = new World(1);
  world.nowUs = 2 ** 32;
  world.addHost({ name: 'client', context: new StopAndWait(1, B, 3), addresses: [A] });
  world.addHost({ name: 'server', context: new StopAndWait(0), addresses: [B] });
  world.addRoute(A.ip, B.ip, [world.addLink('up', { delayUs: 7 })]);
  const trace = createTraceHash(createNobleProvider({ random: (out) => void out.fill(0) }));
  world.observe(trace);
  const payloads: Uint8Array[] = [];
  world.observe({ onSend: (_host, { bytes }) => void payloads.push(bytes) });
  world.run(() => payloads.length === 2, 2 ** 32 + 10);

  const record = (direction: number, us: number, addresses: string, bytes: Uint8Array): Buffer =>
    Buffer.concat([
      // Direction, ECN, time, length of the bytes and of the addresses.
      Buffer.from([direction, 0, 0, 0, 0, 1, 0, 0, 0, us, 0, bytes.length, addresses.length]),
      Buffer.from(addresses),
      bytes,
    ]);
  const [question, answer] = payloads;
  const expected = [
    record(0, 0, '10.0.0.1 5001 10.0.0.2 443', question!),
    record(1, 7, '10.0.0.1 5001 10.0.0.2 443', question!),
    record(0, 7, '10.0.0.2 443 10.0.0.1 5001', answer!),
  ];
  expect(trace.datagrams).toBe(3);
  expect(trace.hex()).toBe(createHash('sha256').update(Buffer.concat(expected)).digest('hex'));
});

test('the same seed gives the same traces again, with either provider; another seed gives others', () => {
  const hashes = (seed: number, createCrypto = RUN_OPTIONS.createCrypto) =>
    runTraceHashes({ ...RUN_OPTIONS, createCrypto, seed });
  const first = hashes(1);
  expect(first.flatMap(({ faults }) => faults)).toEqual([]);
  expect(hashes(1)).toEqual(first);
  expect(hashes(1, (random) => createNobleProvider({ random }))).toEqual(first);
  const other = hashes(2);
  for (const [index, { sha256 }] of first.entries()) expect(other[index]!.sha256).not.toBe(sha256);
});
