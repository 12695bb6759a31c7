import { afterEach, describe, expect, test } from '@jest/globals';
import { createDuplex } from 'tsquic/node';
import { type ConnectedPair, connectedPair, pause, take, Zeros } from './endpoints.ts';

const OFFERED_BYTES = 1_000_000_000;
/** Send buffer, windows, and one chunk in each queue between, with room to spare. */
const BOUND_BYTES = 2_000_000;
/** Memory beyond that: compiled code, and garbage with finalizers. */
const NOISE_BYTES = 6_000_000;
/** What a slow reader takes then, and what windows that it made grow may hold at both ends. */
const DRAINED_BYTES = 20_000_000;
const GROWN_BOUND_BYTES = 24_000_000;

let pair: ConnectedPair;
afterEach(() => pair.close());

describe(`${OFFERED_BYTES / 1e6} MB offered, and nothing read`, () => {
  test('the sender stops and memory of both ends stays bounded; a slow reader sets it going again', async () => {
    pair = await connectedPair();
    const stream = await pair.client.openStream({ unidirectional: true });
    const before = await memory();
    const zeros = new Zeros(OFFERED_BYTES);
    const sending = zeros.readable.pipeTo(stream.writable).catch((error: unknown) => error);
    const other = await take(pair.server);
    const stalled = await untilStalled(() => zeros.offered);
    expect(stalled).toBeGreaterThan(100_000);
    expect(stalled).toBeLessThan(BOUND_BYTES);
    expect((await memory()) - before).toBeLessThan(BOUND_BYTES + NOISE_BYTES);

    // It gets everything in order, at its own pace.
    const reader = other.readable.getReader();
    let count = 0;
    while (count < DRAINED_BYTES) count += (await reader.read()).value?.length ?? 0;
    const later = await untilStalled(() => zeros.offered);
    expect(later - count).toBeLessThan(GROWN_BOUND_BYTES);
    expect((await memory()) - before).toBeLessThan(GROWN_BOUND_BYTES + NOISE_BYTES);

    await reader.cancel(55);
    expect(await sending).toMatchObject({ code: 'ERR_QUIC_STREAM_STOPPED', errorCode: 55 });
  });

  test('the same through a Duplex', async () => {
    pair = await connectedPair();
    const duplex = createDuplex(await pair.client.openStream());
    duplex.on('error', () => {});
    let offered = 0;
    const chunk = Buffer.alloc(65_536);
    const offer = (): void => {
      while (offered < OFFERED_BYTES) {
        offered += chunk.length;
        if (!duplex.write(chunk)) break;
      }
    };
    duplex.on('drain', offer);
    offer();
    createDuplex(await take(pair.server)).on('error', () => {});
    const stalled = await untilStalled(() => offered);
    expect(stalled).toBeLessThan(BOUND_BYTES);
    duplex.destroy();
  });
});

test('streams that nobody takes do not grow: one reset makes room for the next', async () => {
  pair = await connectedPair({}, { transport: { maxUnidirectionalStreams: 5 } });
  for (let count = 0; count < 100; count++) {
    const stream = await pair.client.openStream({ unidirectional: true });
    const writer = stream.writable.getWriter();
    await writer.write(new Uint8Array(1));
    await writer.abort(count);
  }
  const last = await pair.client.openStream({ unidirectional: true });
  await last.writable.getWriter().write(new Uint8Array(1));
  // Of a hundred, only those not yet released at both ends may still wait before it.
  let seen = 0;
  for await (const stream of pair.server) {
    seen++;
    if (stream.id === last.id) break;
  }
  expect(seen).toBeLessThanOrEqual(6);
});

async function untilStalled(offered: () => number): Promise<number> {
  for (let last = -1; last !== offered();) {
    last = offered();
    await pause(80);
  }
  return offered();
}

/** Bytes that live here, garbage apart. */
async function memory(): Promise<number> {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (collect === undefined) throw new Error('run with --expose-gc');
  // Buffers are freed beside the program, between collections.
  for (let round = 0; round < 2; round++) {
    collect();
    await pause(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
