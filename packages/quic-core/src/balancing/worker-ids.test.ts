import { fromHex, toHex } from '@tsquic/bytes';
import { createNodeProvider } from '@tsquic/crypto/node';
import { describe, expect, test } from '@jest/globals';
import { caught } from '@tsquic/testing';
import { HalfSipHash } from './half-sip-hash.ts';
import { QuicLbDecoder } from './quic-lb-decoder.ts';
import { WorkerIds, type WorkerIdsOptions } from './worker-ids.ts';

const crypto = createNodeProvider();
const KEY = fromHex('0001020304050607');
const WORKERS = [0, 1, 7, 255];

/** The vectors of the authors' own implementation: key 00 to 07, messages of 0 to 7 bytes. */
test.each(['a9359f5b', '27475ab8', 'fa62a603', '8afee704', '2a6e4689', 'c5fab669', '5863fc23', '8bcf63c5'])(
  'HalfSipHash-2-4 gives %s',
  (expected) => {
    const length = VECTORS.indexOf(expected);
    const message = Uint8Array.from({ length: length + 3 }, (_, index) => index - 3);
    const hash = new HalfSipHash(KEY).of(message, 3, length);
    expect(toHex(Uint8Array.of(hash, hash >>> 8, hash >>> 16, hash >>> 24))).toBe(expected);
  },
);
const VECTORS = [
  'a9359f5b',
  '27475ab8',
  'fa62a603',
  '8afee704',
  '2a6e4689',
  'c5fab669',
  '5863fc23',
  '8bcf63c5',
];

const quicLb = { configId: 2, serverId: fromHex('c4605e'), nonceLength: 6 };
const OPTIONS: [string, WorkerIdsOptions][] = [
  ['random IDs', { key: KEY }],
  ['QUIC-LB in the clear', { key: KEY, quicLb: { ...quicLb, furtherIds: true } }],
  [
    'QUIC-LB in four passes',
    { key: KEY, quicLb: { ...quicLb, key: fromHex('8f95f09245765f80256934e50c66207f') } },
  ],
  [
    'QUIC-LB in one pass',
    { key: KEY, quicLb: { ...quicLb, nonceLength: 13, key: fromHex('8f95f09245765f80256934e50c66207f') } },
  ],
];

describe.each(OPTIONS)('%s', (_name, options) => {
  const ids = new WorkerIds(crypto, options);

  test('name their worker, in both forms of headers, and in no other server', () => {
    const other = new WorkerIds(crypto, {
      key: fromHex('ff01020304050607'),
      ...(options.quicLb === undefined ? {} : { quicLb: { ...options.quicLb, serverId: fromHex('c4605f') } }),
    });
    for (const worker of WORKERS) {
      const generator = ids.generatorOf(worker);
      for (const purpose of ['first', 'retry', 'further'] as const) {
        const id = generator.generate(purpose)!;
        expect(ids.workerOf(short(id))).toBe(worker);
        expect(ids.workerOf(long(id))).toBe(worker);
        expect(other.workerOf(long(id))).toBe(-1);
      }
    }
  });

  test('are told from those that clients choose', () => {
    const issued = Array.from({ length: 2000 }, (_, index) => {
      const id = new Uint8Array(8 + (index % 13));
      crypto.random(id);
      return ids.workerOf(long(id));
    }).filter((worker) => worker !== -1);
    // Random IDs look issued once in 2^16, those of this server ID once in 2^24.
    expect(issued.length).toBeLessThan(3);
  });

  test('whatever comes, nothing is thrown', () => {
    const id = ids.generatorOf(3).generate('first')!;
    for (const whole of [short(id), long(id), new Uint8Array(0), Uint8Array.of(0x80, 0, 0, 0, 1, 255)])
      for (let length = 0; length <= whole.length; length++)
        expect(ids.workerOf(whole.subarray(0, length))).toBeGreaterThanOrEqual(-1);
  });
});

test('balancers find the server without knowing of workers', () => {
  const { key, ...config } = { ...quicLb, key: fromHex('8f95f09245765f80256934e50c66207f') };
  const ids = new WorkerIds(crypto, { key: KEY, quicLb: { ...config, key } });
  const configs = [{ configId: 2, serverIdLength: 3, nonceLength: 6, key }];
  for (const worker of WORKERS)
    expect(
      new QuicLbDecoder({ crypto, configs }).route(ids.generatorOf(worker).generate('further')!),
    ).toEqual({
      configId: 2,
      serverId: config.serverId,
    });
});

test('nobody who lacks the key can tell workers apart', () => {
  const ids = new WorkerIds(crypto, { key: KEY });
  for (const worker of [0, 1]) {
    const generator = ids.generatorOf(worker);
    const made = Array.from({ length: 3000 }, () => generator.generate('first')!);
    for (let at = 0; at < made[0]!.length; at++) {
      const different = new Set(made.map((id) => id[at]));
      // 3000 draws of 256 values leave none out, but for a chance of one in hundreds.
      expect(different.size).toBeGreaterThan(250);
    }
  }
});

test.each<[string, () => unknown]>([
  ['a key of another length', () => new WorkerIds(crypto, { key: new Uint8Array(7) })],
  ['a nonce with no room', () => new WorkerIds(crypto, { key: KEY, quicLb: { ...quicLb, nonceLength: 4 } })],
  [
    'a first nonce',
    () => new WorkerIds(crypto, { key: KEY, quicLb: { ...quicLb, firstNonce: new Uint8Array(6) } }),
  ],
  [
    'a server ID with no room',
    () => new WorkerIds(crypto, { key: KEY, quicLb: { ...quicLb, serverId: new Uint8Array(15) } }),
  ],
  ['a worker that is none', () => new WorkerIds(crypto, { key: KEY }).generatorOf(256)],
])('%s is misuse', (_name, make) => {
  expect(caught(make)).toMatchObject({ name: 'QuicUsageError', code: 'invalid-option' });
});

function short(id: Uint8Array): Uint8Array {
  return Uint8Array.of(0x40, ...id, ...new Uint8Array(20));
}

function long(id: Uint8Array): Uint8Array {
  return Uint8Array.of(0xc0, 0, 0, 0, 1, id.length, ...id, 0, ...new Uint8Array(20));
}
