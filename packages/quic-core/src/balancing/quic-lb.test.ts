import { describe, expect, test } from '@jest/globals';
import { fromHex, toHex } from '@tsquic/bytes';
import { createNobleProvider } from '@tsquic/crypto/noble';
import { seededCrypto, seededRandom } from '@tsquic/testing/seeded';
import { caught } from '@tsquic/testing';
import fc from 'fast-check';
import { createAwsConnectionIds } from './aws.ts';
import { QuicLbCipher } from './quic-lb-cipher.ts';
import type { QuicLbBalancerConfig, QuicLbServerConfig } from './quic-lb-config.ts';
import { QuicLbConnectionIds } from './quic-lb-connection-ids.ts';
import { QuicLbDecoder } from './quic-lb-decoder.ts';

const SEED = 9312;
const crypto = seededCrypto(SEED);
const usage = expect.objectContaining({ name: 'QuicUsageError', code: 'invalid-option' });
const KEY = '8f95f09245765f80256934e50c66207f';

/**
 * draft-ietf-quic-load-balancers, "Load Balancer Test Vectors": configuration, server ID, nonce, connection ID. The second one in the
 * clear is left out, for its nonce has nine digits. The last one is said to be of configuration 3, but begins as one of 0.
 */
const PLAIN = [[0, 'c4605e', '4504cc4f', '07c4605e4504cc4f']] as const;
const SEALED = [
  [0, 'ed793a', 'ee080dbf', '0720b1d07b359d3c'],
  [1, 'ed793a51d49b8f5fab65', 'ee080dbf48', '2fcc381bc74cb4fbad2823a3d1f8fed2'],
  [2, 'ed793a51d49b8f5f', 'ee080dbf48c0d1e5', '504dd2d05a7b0de9b2b9907afb5ecf8cc3'],
  [0, 'ed793a51d49b8f5fab', 'ee080dbf48c0d1e55d', '125779c9cc86beb3a3a4a3ca96fce4bfe0cdbc'],
] as const;

function configOf(configId: number, serverId: string, nonce: string, key?: string): QuicLbServerConfig {
  return {
    configId,
    serverId: fromHex(serverId),
    nonceLength: nonce.length / 2,
    firstNonce: fromHex(nonce),
    encodeLength: true,
    ...(key === undefined ? {} : { key: fromHex(key) }),
  };
}

describe('the vectors of the draft', () => {
  for (const name of ['node', 'noble'] as const) {
    const provider = name === 'node' ? crypto : createNobleProvider({ random: seededRandom(SEED) });
    test.each(SEALED)(
      `${name}: an encrypted ID of configuration %i, server %s`,
      (configId, serverId, nonce, id) => {
        const config = configOf(configId, serverId, nonce, KEY);
        expect(toHex(new QuicLbConnectionIds(provider, config).generate('first')!)).toBe(id);
        const decoder = new QuicLbDecoder({
          crypto: provider,
          configs: [
            {
              configId,
              serverIdLength: serverId.length / 2,
              nonceLength: nonce.length / 2,
              key: fromHex(KEY),
            },
          ],
        });
        const route = decoder.route(fromHex(id))!;
        expect([route.configId, toHex(route.serverId)]).toEqual([configId, serverId]);
      },
    );
  }

  test('an ID in the clear', () => {
    const [configId, serverId, , id] = PLAIN[0];
    const decoder = new QuicLbDecoder({ crypto, configs: [{ configId, serverIdLength: 3, nonceLength: 4 }] });
    expect(toHex(decoder.route(fromHex(id))!.serverId)).toBe(serverId);
    // A nonce in the clear is never the count itself, so that the encoder's vector is the first byte and the server ID.
    const made = new QuicLbConnectionIds(crypto, configOf(configId, serverId, '4504cc4f')).generate('first')!;
    expect(toHex(made.subarray(0, 4))).toBe(id.slice(0, 8));
    expect(made).toHaveLength(8);
  });

  test('the example with its steps', () => {
    const cipher = new QuicLbCipher(crypto.createBlockCipher(fromHex('fdf726a9893ec05c0632d3956680baf0')));
    const text = fromHex('31441a9c69c275');
    cipher.encrypt(text);
    expect(toHex(text)).toBe('67947d29be054a');
    cipher.decrypt(text);
    expect(toHex(text)).toBe('31441a9c69c275');
  });
});

describe('connection IDs that balancers route by', () => {
  test('come back whatever the lengths, with and without a key', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 1, max: 15 }),
        fc.integer({ min: 4, max: 18 }),
        fc.boolean(),
        fc.boolean(),
        (configId, serverIdLength, nonceLength, sealed, encodeLength) => {
          fc.pre(serverIdLength + nonceLength <= 19);
          const serverId = new Uint8Array(serverIdLength);
          crypto.random(serverId);
          const key = sealed ? { key: fromHex(KEY) } : {};
          const ids = new QuicLbConnectionIds(crypto, {
            configId,
            serverId,
            nonceLength,
            encodeLength,
            ...key,
          });
          const decoder = new QuicLbDecoder({
            crypto,
            configs: [{ configId, serverIdLength, nonceLength, ...key }],
            lengthEncoded: encodeLength,
          });
          for (let i = 0; i < 3; i++) {
            const id = ids.generate('first')!;
            expect(id).toHaveLength(1 + serverIdLength + nonceLength);
            expect(ids.length(id[0]!)).toBe(id.length);
            expect(decoder.route(id)).toEqual({ configId, serverId });
            // A short header runs on after the ID.
            expect(decoder.route(Uint8Array.of(...id, 1, 2, 3), false)).toEqual({ configId, serverId });
          }
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('are never the same, and in the clear no nonce shows that it follows another', () => {
    for (const key of [{}, { key: fromHex(KEY) }]) {
      const config = { configId: 2, serverId: Uint8Array.of(1), nonceLength: 4, ...key };
      const ids = new QuicLbConnectionIds(crypto, config);
      const made = Array.from({ length: 2000 }, () => ids.generate('first')!);
      expect(new Set(made.map((id) => toHex(id.subarray(1)))).size).toBe(made.length);
      const sameHighBytes = made.filter((id, i) => i > 0 && id[2] === made[i - 1]![2]);
      expect(sameHighBytes.length).toBeLessThan(40);
    }
  });

  test('a nonce is used once: after the last one, IDs are unroutable and no further ones are made', () => {
    for (const key of [{}, { key: fromHex(KEY) }]) {
      const config = {
        configId: 2,
        serverId: Uint8Array.of(9),
        nonceLength: 4,
        nonceCount: 3,
        furtherIds: true,
        firstNonce: fromHex('fffffffe'),
        ...key,
      };
      const ids = new QuicLbConnectionIds(crypto, config);
      const decoder = new QuicLbDecoder({ crypto, configs: [{ ...config, serverIdLength: 1 }] });
      const nexts: string[] = [];
      for (let i = 0; i < 3; i++) {
        nexts.push(toHex(ids.nextNonce!));
        expect(ids.isRoutable).toBe(true);
        expect(decoder.route(ids.generate(i === 0 ? 'first' : 'further')!)).toBeDefined();
      }
      // The count goes on at 0.
      expect(nexts).toEqual(['fffffffe', 'ffffffff', '00000000']);
      expect([ids.isRoutable, ids.nextNonce]).toEqual([false, undefined]);
      expect(ids.generate('further')).toBeUndefined();
      for (const purpose of ['first', 'retry'] as const) {
        const id = ids.generate(purpose)!;
        expect([id[0]! >>> 5, id[0]! & 0x1f, id.length]).toEqual([7, 7, 8]);
        expect(ids.length(id[0]!)).toBe(8);
        expect(decoder.route(id)).toBeUndefined();
      }
    }
  });

  test('without a configuration they are unroutable, and of a new one at once', () => {
    const ids = new QuicLbConnectionIds(crypto);
    expect([ids.generate('first')![0]! >>> 5, ids.generate('further')]).toEqual([7, undefined]);
    const config = { serverId: Uint8Array.of(9, 8), nonceLength: 5, key: fromHex(KEY) };
    ids.configure({ configId: 0, ...config });
    const old = ids.generate('further')!;
    ids.configure({ configId: 1, ...config, serverId: Uint8Array.of(9) });
    const recent = ids.generate('further')!;
    expect([old[0]! >>> 5, recent[0]! >>> 5]).toEqual([0, 1]);
    // IDs of the old one are still read.
    expect([ids.length(old[0]!), ids.length(recent[0]!)]).toEqual([8, 7]);
    ids.configure(undefined);
    expect(ids.generate('first')![0]! >>> 5).toBe(7);
  });

  test('the last five bits of the first byte are random where they tell no length', () => {
    const ids = new QuicLbConnectionIds(crypto, { configId: 5, serverId: Uint8Array.of(1), nonceLength: 9 });
    const firsts = Array.from({ length: 500 }, () => ids.generate('first')![0]!);
    expect(new Set(firsts.map((byte) => byte >>> 5))).toEqual(new Set([5]));
    expect(new Set(firsts).size).toBe(32);
  });

  test('in the clear a connection gets one, unless the program wants more', () => {
    const config = { configId: 0, serverId: Uint8Array.of(1), nonceLength: 9 };
    expect(new QuicLbConnectionIds(crypto, config).generate('further')).toBeUndefined();
    expect(
      new QuicLbConnectionIds(crypto, { ...config, furtherIds: true }).generate('further'),
    ).toBeDefined();
    const sealed = { ...config, key: fromHex(KEY) };
    expect(new QuicLbConnectionIds(crypto, sealed).generate('further')).toBeDefined();
    expect(
      new QuicLbConnectionIds(crypto, { ...sealed, furtherIds: false }).generate('further'),
    ).toBeUndefined();
  });

  test.each([
    [{ configId: 7 }, 'configId must be an integer from 0 to 6'],
    [{ configId: -1 }, 'configId'],
    [{ serverId: undefined as unknown as Uint8Array }, 'length of serverId'],
    [{ serverId: new Uint8Array(0) }, 'length of serverId'],
    [{ serverId: new Uint8Array(16) }, 'length of serverId'],
    [{ nonceLength: 3 }, 'nonceLength'],
    [{ nonceLength: 19 }, 'nonceLength'],
    [{ serverId: new Uint8Array(10), nonceLength: 10 }, 'together'],
    [{ key: new Uint8Array(15) }, 'length of key'],
    [{ firstNonce: new Uint8Array(3) }, 'length of firstNonce'],
    [{ nonceCount: 0 }, 'nonceCount'],
    [{ nonceCount: 1.5 }, 'nonceCount'],
  ])('a server refuses %j', (wrong, message) => {
    const config = { configId: 0, serverId: Uint8Array.of(1), nonceLength: 4, ...wrong };
    const error = caught(() => new QuicLbConnectionIds(crypto, config));
    expect(error).toEqual(usage);
    expect((error as Error).message).toContain(message);
  });
});

describe('a balancer', () => {
  const config = { configId: 1, serverIdLength: 3, nonceLength: 4, key: fromHex(KEY) };

  test('finds nobody for what is unroutable', () => {
    const decoder = new QuicLbDecoder({ crypto, configs: [config] });
    expect(decoder.route(new Uint8Array(0))).toBeUndefined();
    expect(decoder.route(fromHex('07c4605e4504cc4f'))).toBeUndefined();
    expect(decoder.route(fromHex('e7c4605e4504cc4f'))).toBeUndefined();
    expect(decoder.route(fromHex('27c4605e4504cc'))).toBeUndefined();
    expect(decoder.route(fromHex('27c4605e4504cc4f'))).toBeDefined();
    expect(decoder.route(fromHex('27c4605e4504cc4f01'))).toBeDefined();
  });

  test('compares the length that IDs tell, where all servers do', () => {
    const decoder = new QuicLbDecoder({ crypto, configs: [config], lengthEncoded: true });
    expect(decoder.route(fromHex('27c4605e4504cc4f'))).toBeDefined();
    expect(decoder.route(fromHex('28c4605e4504cc4f'))).toBeUndefined();
    expect(decoder.route(fromHex('26c4605e4504cc4f'))).toBeUndefined();
    expect(decoder.route(fromHex('27c4605e4504cc4f0102'))).toBeUndefined();
    expect(decoder.route(fromHex('27c4605e4504cc4f0102'), false)).toBeDefined();
    expect(decoder.route(fromHex('26c4605e4504cc4f0102'), false)).toBeUndefined();
  });

  test('keeps what it is given, and refuses what it cannot use', () => {
    const id = fromHex('27c4605e4504cc4f');
    new QuicLbDecoder({ crypto, configs: [config] }).route(id);
    expect(toHex(id)).toBe('27c4605e4504cc4f');
    const twice = [config, { ...config, serverIdLength: 4 }];
    expect(caught(() => new QuicLbDecoder({ crypto, configs: twice }))).toEqual(usage);
    const short = [{ ...config, nonceLength: 3 }];
    expect(caught(() => new QuicLbDecoder({ crypto, configs: short }))).toEqual(usage);
    const alone = config as unknown as readonly QuicLbBalancerConfig[];
    for (const configs of [alone, undefined as unknown as typeof alone])
      expect(caught(() => new QuicLbDecoder({ crypto, configs }))).toEqual(usage);
  });
});

describe('the Network Load Balancer of AWS', () => {
  test('has IDs of 16 bytes with the server ID after the first', () => {
    for (const serverId of [
      '0x1122334455667788',
      '0X1122334455667788'.replace('X', 'x'),
      fromHex('1122334455667788'),
    ]) {
      const ids = createAwsConnectionIds(crypto, serverId);
      for (const purpose of ['first', 'retry', 'further'] as const) {
        const id = ids.generate(purpose)!;
        expect([id.length, id[0]! >>> 5, toHex(id.subarray(1, 9))]).toEqual([16, 0, '1122334455667788']);
      }
    }
  });

  test.each([
    '1122334455667788',
    '0x11223344556677',
    '0x112233445566778g',
    '',
    new Uint8Array(7),
    new Uint8Array(9),
  ])('refuses the server ID %j', (serverId) => {
    expect(caught(() => createAwsConnectionIds(crypto, serverId))).toEqual(usage);
  });
});

test.each([undefined, null, {}, 'node'])('%p is no provider', (none) => {
  const config = configOf(0, 'c4605e', '4504cc4f');
  const refused = {
    name: 'QuicUsageError',
    code: 'invalid-option',
    message: expect.stringContaining('CryptoProvider'),
  };
  for (const make of [
    () => new QuicLbConnectionIds(none as never, config),
    () => new QuicLbConnectionIds(none as never),
    () => createAwsConnectionIds(none as never, '0x1122334455667788'),
    () => new QuicLbDecoder({ crypto: none as never, configs: [] }),
  ])
    expect(caught(make)).toMatchObject(refused);
});
