import { toHex } from '@tsquic/bytes';
import { createNodeProvider } from '@tsquic/crypto/node';
import { QuicLbConnectionIds, WorkerIds } from '@tsquic/quic-core/load-balancing';
import { expect, test } from '@jest/globals';
import balancer from './quic-lb.js';

const crypto = createNodeProvider();
const KEY = '8f95f09245765f80256934e50c66207f';

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

const LENGTHS = [
  [1, 4],
  [3, 4],
  [1, 7],
  [8, 8],
  [4, 12],
  [1, 18],
] as const;

test.each(LENGTHS.flatMap(([id, nonce]) => [[id, nonce, ''] as const, [id, nonce, KEY] as const]))(
  'server IDs of %i bytes, nonces of %i, key "%s": finds what the library issues',
  (serverIdLength, nonceLength, key) => {
    const configs = balancer.parseConfigs(`0 2 6 ${KEY}, 3 ${serverIdLength} ${nonceLength} ${key}`);
    for (let count = 0; count < 20; count++) {
      const serverId = new Uint8Array(serverIdLength);
      crypto.random(serverId);
      const keyed = key === '' ? {} : { key: bytes(key) };
      const ids = new QuicLbConnectionIds(crypto, { configId: 3, serverId, nonceLength, ...keyed });
      const id = ids.generate('first')!;
      const expected = { connectionId: toHex(id), serverId: toHex(serverId) };
      expect(balancer.route(Uint8Array.of(0xc0, 0, 0, 0, 1, id.length, ...id, 0, 9, 9), configs)).toEqual(
        expected,
      );
      expect(balancer.route(Uint8Array.of(0x40, ...id, ...new Uint8Array(20)), configs)).toEqual(expected);
    }
  },
);

test('finds the server of workers, of which it knows nothing', () => {
  const configs = balancer.parseConfigs(`1 2 6 ${KEY}`);
  const quicLb = { configId: 1, serverId: Uint8Array.of(7, 8), nonceLength: 6, key: bytes(KEY) };
  const ids = new WorkerIds(crypto, { key: new Uint8Array(8), quicLb });
  for (const worker of [0, 1, 200]) {
    const id = ids.generatorOf(worker).generate('further')!;
    expect(balancer.route(Uint8Array.of(0x40, ...id, ...new Uint8Array(20)), configs).serverId).toBe('0708');
  }
});

test('IDs of clients name no server, and stay the same for one first flight', () => {
  const configs = balancer.parseConfigs(`1 2 6 ${KEY}`);
  const initial = Uint8Array.of(0xc0, 0, 0, 0, 1, 8, 0xe1, 2, 3, 4, 5, 6, 7, 8, 0, 0);
  expect(balancer.route(initial, configs)).toEqual({ connectionId: 'e102030405060708', serverId: '' });
});

test('whatever comes, nothing is thrown', () => {
  const configs = balancer.parseConfigs(`1 2 6 ${KEY}`);
  const whole = Uint8Array.of(0xc0, 0, 0, 0, 1, 10, 0x21, ...new Uint8Array(20));
  for (let length = 1; length <= whole.length; length++) {
    expect(balancer.route(whole.subarray(0, length), configs).serverId.length).toBeLessThanOrEqual(4);
    expect(
      balancer.route(Uint8Array.of(0x40, ...whole.subarray(6, length)), configs).serverId.length,
    ).toBeLessThan(5);
  }
  expect(balancer.parseConfigs('')).toEqual([]);
});
