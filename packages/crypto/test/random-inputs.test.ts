import { gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { p256, p384 } from '@noble/curves/nist.js';
import { type AeadName, Group, SignatureScheme } from '@tsquic/crypto';
import { createNobleProvider } from '@tsquic/crypto/noble';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createWasmProvider } from '@tsquic/crypto/wasm';
import { describe, expect, test } from '@jest/globals';
import { concatBytes, toHex } from '@tsquic/bytes';
import fc from 'fast-check';
import { createCipheriv, generateKeyPairSync } from 'node:crypto';
import { seededRandom } from '@tsquic/testing/seeded';

// The providers against each other, and the AEADs against @noble/ciphers and node:crypto directly: fast-check
// prints seed and path when a property fails.
const OPTIONS = { seed: 20_261_122, numRuns: 200 };
const node = createNodeProvider({ random: seededRandom(3) });
const noble = createNobleProvider({ random: seededRandom(3) });
const wasm = createWasmProvider({ random: seededRandom(3) });
const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
const exactly = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
/** Of any length, and often of the one that OpenSSL takes by a way of its own. */
const headers = fc.oneof(bytes(70), exactly(13));

const encodings = {
  publicKeyEncoding: { format: 'der', type: 'spki' },
  privateKeyEncoding: { format: 'der', type: 'pkcs8' },
} as const;

describe('AEADs', () => {
  const names: readonly (readonly [AeadName, number])[] = [
    ['aes-128-gcm', 16],
    ['aes-256-gcm', 32],
    ['chacha20-poly1305', 32],
  ];
  for (const [name, keyLength] of names) {
    test(`${name} is what other implementations make of the same input`, () => {
      fc.assert(
        fc.property(exactly(keyLength), exactly(12), headers, bytes(1500), (key, iv, header, payload) => {
          const reference = name === 'chacha20-poly1305' ? chacha20poly1305 : gcm;
          const expected = toHex(concatBytes(header, reference(key, iv, header).encrypt(payload)));
          const cipher = createCipheriv(name as 'aes-128-gcm', key, iv, { authTagLength: 16 });
          cipher.setAAD(header);
          const sealed = concatBytes(header, cipher.update(payload), cipher.final(), cipher.getAuthTag());
          expect(toHex(sealed)).toBe(expected);
          for (const provider of [node, noble, wasm]) {
            const buffer = concatBytes(header, payload, new Uint8Array(16));
            const aead = provider.createAead(name, key, iv);
            aead.seal(0, buffer, 0, header.length, header.length + payload.length);
            expect(toHex(buffer)).toBe(expected);
            expect(aead.open(0, buffer, 0, header.length, buffer.length)).toBe(true);
            expect(toHex(buffer.subarray(0, -16))).toBe(toHex(concatBytes(header, payload)));
          }
        }),
        OPTIONS,
      );
    });

    test(`${name} masks headers as the block cipher of node:crypto does`, () => {
      fc.assert(
        fc.property(exactly(keyLength), exactly(16), (key, sample) => {
          const mask =
            name === 'chacha20-poly1305'
              ? createCipheriv('chacha20', key, sample).update(new Uint8Array(5))
              : createCipheriv(name.replace('gcm', 'ecb'), key, null).update(sample).subarray(0, 5);
          for (const provider of [noble, wasm]) {
            const protection = provider.createHeaderProtection(name, key);
            protection.compute(sample, 0);
            expect(toHex(protection.mask)).toBe(toHex(mask));
          }
        }),
        OPTIONS,
      );
    });

    test(`${name} carries on from extreme inputs: all bits set, all clear`, () => {
      for (const fill of [0x00, 0xff]) {
        for (let length = 0; length < 300; length += 13) {
          const key = new Uint8Array(keyLength).fill(fill);
          const iv = new Uint8Array(12).fill(fill);
          const payload = new Uint8Array(length).fill(fill);
          const reference = name === 'chacha20-poly1305' ? chacha20poly1305 : gcm;
          const expected = toHex(reference(key, iv, new Uint8Array(0)).encrypt(payload));
          for (const provider of [noble, wasm]) {
            const buffer = concatBytes(payload, new Uint8Array(16));
            provider.createAead(name, key, iv).seal(0, buffer, 0, 0, length);
            expect(toHex(buffer)).toBe(expected);
          }
        }
      }
    });
  }
});

describe('both providers', () => {
  test('hash, authenticate and expand alike', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('sha256' as const, 'sha384' as const, 'sha512' as const),
        bytes(200),
        bytes(400),
        fc.nat(600),
        (hash, key, message, length) => {
          for (const call of ['hmac', 'hkdfExtract'] as const) {
            expect(toHex(node[call](hash, key, message))).toBe(toHex(noble[call](hash, key, message)));
          }
          expect(toHex(node.hash(hash, message))).toBe(toHex(noble.hash(hash, message)));
          expect(toHex(node.hkdfExpand(hash, key, message, length))).toBe(
            toHex(noble.hkdfExpand(hash, key, message, length)),
          );
        },
      ),
      OPTIONS,
    );
  });

  test('draw the same keys from the same source, and agree with each other', () => {
    for (const group of Object.values(Group)) {
      for (let i = 0; i < 5; i++) {
        const ours = node.generateKeyShare(group);
        const theirs = noble.generateKeyShare(group);
        expect(toHex(ours.publicKey)).toBe(toHex(theirs.publicKey));
        const answer = node.answerKeyShare(group, theirs.publicKey)!;
        const twin = noble.answerKeyShare(group, ours.publicKey)!;
        expect(toHex(answer.publicKey)).toBe(toHex(twin.publicKey));
        expect(toHex(ours.deriveSecret(twin.publicKey)!)).toBe(toHex(answer.secret));
        expect(toHex(theirs.deriveSecret(answer.publicKey)!)).toBe(toHex(twin.secret));
      }
    }
  });

  test('draw private keys again that are zero or not below the order', () => {
    const orders = [
      [Group.Secp256r1, p256.Point.Fn.ORDER, 64],
      [Group.Secp384r1, p384.Point.Fn.ORDER, 96],
    ] as const;
    for (const [group, order, digits] of orders) {
      const good = (order - 1n).toString(16).padStart(digits, '0');
      for (const provider of [createNodeProvider, createNobleProvider]) {
        const draws = ['0'.repeat(digits), order.toString(16), 'f'.repeat(digits), good];
        const random = (out: Uint8Array): void => out.set(Buffer.from(draws.shift()!, 'hex'));
        // The key n - 1 is the base point mirrored.
        const curve = group === Group.Secp256r1 ? p256 : p384;
        const expected = curve.Point.BASE.negate().toHex(false);
        expect(toHex(provider({ random }).generateKeyShare(group).publicKey)).toBe(expected);
        const stuck = provider({ random: (out) => void out.fill(0) });
        expect(() => stuck.generateKeyShare(group)).toThrow('no usable private key');
      }
    }
  });
});

describe('signatures of one provider verify under the other', () => {
  const S = SignatureScheme;
  const ecdsa = (namedCurve: string): KeyPair =>
    generateKeyPairSync('ec', { namedCurve, ...encodings }) as unknown as KeyPair;
  const pss = (options: object): KeyPair =>
    generateKeyPairSync('rsa-pss', {
      modulusLength: 2048,
      ...options,
      ...encodings,
    } as never) as unknown as KeyPair;
  const cases: readonly (readonly [string, KeyPair, readonly SignatureScheme[]])[] = [
    ['P-256', ecdsa('P-256'), [S.EcdsaSecp256r1Sha256]],
    ['P-384', ecdsa('P-384'), [S.EcdsaSecp384r1Sha384]],
    ['P-521', ecdsa('P-521'), [S.EcdsaSecp521r1Sha512]],
    ['Ed25519', generateKeyPairSync('ed25519', encodings as never) as unknown as KeyPair, [S.Ed25519]],
    [
      'RSA',
      generateKeyPairSync('rsa', { modulusLength: 2048, ...encodings } as never) as unknown as KeyPair,
      [S.RsaPssRsaeSha256, S.RsaPssRsaeSha384, S.RsaPssRsaeSha512],
    ],
    [
      'RSA of 2049 bits',
      generateKeyPairSync('rsa', { modulusLength: 2049, ...encodings } as never) as unknown as KeyPair,
      [S.RsaPssRsaeSha256, S.RsaPssRsaeSha384, S.RsaPssRsaeSha512],
    ],
    ['RSASSA-PSS', pss({}), [S.RsaPssPssSha256, S.RsaPssPssSha384, S.RsaPssPssSha512]],
    [
      'RSASSA-PSS for SHA-384',
      pss({ hashAlgorithm: 'sha384', mgf1HashAlgorithm: 'sha384', saltLength: 48 }),
      [S.RsaPssPssSha384],
    ],
  ];

  test.each(cases)('%s', (_name, pair, schemes) => {
    const message = new TextEncoder().encode('whatever the transcript says');
    for (const [signing, verifying] of [
      [node, noble],
      [noble, node],
      [node, node],
      [noble, noble],
    ] as const) {
      const signer = signing.createSigner(pair.privateKey);
      expect(signer.schemes).toEqual(schemes);
      for (const scheme of schemes) {
        const signature = signer.sign(scheme, message);
        for (const other of Object.values(S)) {
          expect(verifying.verifySignature(other, pair.publicKey, message, signature)).toBe(other === scheme);
        }
        signature[signature.length >> 1]! ^= 4;
        expect(verifying.verifySignature(scheme, pair.publicKey, message, signature)).toBe(false);
      }
    }
  });

  test('RSA keys below 2048 bits are refused by both', () => {
    const pair = generateKeyPairSync('rsa', {
      modulusLength: 1024,
      ...encodings,
    } as never) as unknown as KeyPair;
    for (const provider of [node, noble])
      expect(() => provider.createSigner(pair.privateKey)).toThrow('1024 bits');
  });

  test('noble repeats its signatures under a repeated source', () => {
    for (const [, pair, schemes] of cases) {
      const sign = (): string =>
        toHex(
          createNobleProvider({ random: seededRandom(9) })
            .createSigner(pair.privateKey)
            .sign(schemes[0]!, new Uint8Array(5)),
        );
      expect(sign()).toBe(sign());
    }
  });
});

interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}
