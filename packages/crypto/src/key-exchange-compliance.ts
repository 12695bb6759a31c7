import { concatBytes, equalBytes, fromHex, toHex } from '@tsquic/bytes';
import { expect, expectHex } from './assertions.ts';
import * as known from './known-answers.ts';
import { countingRandom, fixedRandom, type ProviderFactory } from './predictable-random.ts';
import { type CryptoProvider, Group } from './provider.ts';

export function agreesOnKnownSecrets(createProvider: ProviderFactory): void {
  // The private key of Wycheproof x25519, first valid case.
  const x25519 = createProvider(fixedRandom(known.X25519_PRIVATE)).generateKeyShare(Group.X25519);
  expectHex(x25519.deriveSecret(fromHex(known.X25519_PEER)) ?? EMPTY, known.X25519_SHARED, 'X25519 secret');
  const p256 = createProvider(fixedRandom(known.P256_PRIVATE)).generateKeyShare(Group.Secp256r1);
  expectHex(p256.publicKey, known.P256_POINT, 'P-256 public key');
}

/**
 * Checks both sides of X25519MLKEM768 against known answers, with fixed bytes for the X25519 key and for
 * ML-KEM.
 */
export function encapsulatesKnownSecret(createProvider: ProviderFactory): void {
  const x25519 = known.X25519_PRIVATE;
  const client = createProvider(fixedRandom(x25519 + known.ML_KEM_SEED));
  const server = createProvider(fixedRandom(x25519 + known.ML_KEM_MESSAGE));
  const group = Group.X25519MLKEM768;
  const share = client.generateKeyShare(group);
  expect(share.publicKey.length === 1216, 'the length of a client share');
  const digest = (bytes: Uint8Array): Uint8Array => client.hash('sha256', bytes);
  expectHex(digest(share.publicKey.subarray(0, 1184)), known.ML_KEM_KEY_DIGEST, 'the encapsulation key');
  const answer = server.answerKeyShare(group, share.publicKey);
  expect(answer !== undefined, 'an answer');
  expect(answer!.publicKey.length === 1120, 'the length of a server share');
  expectHex(digest(answer!.publicKey.subarray(0, 1088)), known.ML_KEM_CIPHERTEXT_DIGEST, 'the ciphertext');
  expect(answer!.secret.length === 64, 'the length of the secret');
  expectHex(answer!.secret.subarray(0, 32), known.ML_KEM_SECRET, 'the first half of the secret');
  expectHex(
    share.deriveSecret(answer!.publicKey) ?? EMPTY,
    toHex(answer!.secret),
    'the secret of the client',
  );
  // Both shares have drawn the same X25519 key.
  const alone = createProvider(fixedRandom(x25519)).generateKeyShare(Group.X25519);
  const agreed = alone.deriveSecret(alone.publicKey) ?? EMPTY;
  expectHex(answer!.secret.subarray(32), toHex(agreed), 'the second half of the secret');
}

export function agreesOnSecrets(createProvider: ProviderFactory): void {
  for (const group of Object.values(Group)) {
    const provider = createProvider(countingRandom());
    const [ours, other] = [provider.generateKeyShare(group), provider.generateKeyShare(group)];
    expect(!equalBytes(ours.publicKey, other.publicKey), 'two shares of one provider');
    const [answer, another] = [0, 1].map(() => provider.answerKeyShare(group, ours.publicKey));
    expect(answer !== undefined && another !== undefined, 'answers exist');
    expect(!equalBytes(answer!.publicKey, another!.publicKey), 'two answers to one share');
    expectHex(ours.deriveSecret(answer!.publicKey) ?? EMPTY, toHex(answer!.secret), 'the shared secret');
    const mistaken = other.deriveSecret(answer!.publicKey);
    expect(mistaken !== undefined && !equalBytes(mistaken, answer!.secret), 'an answer to another share');
    const again = createProvider(countingRandom()).generateKeyShare(group);
    expectHex(again.publicKey, toHex(ours.publicKey), 'a share from the same source');
  }
}

export function refusesPublicKeys(createProvider: ProviderFactory): void {
  const provider = createProvider(countingRandom());
  for (const group of Object.values(Group)) {
    const share = provider.generateKeyShare(group);
    const answered = provider.answerKeyShare(group, share.publicKey)!.publicKey;
    for (const wrong of mishapen(answered))
      expect(share.deriveSecret(wrong) === undefined, `an answer of ${wrong.length} bytes, group ${group}`);
    for (const wrong of mishapen(share.publicKey))
      expect(
        provider.answerKeyShare(group, wrong) === undefined,
        `a share of ${wrong.length} bytes, group ${group}`,
      );
    if (group === Group.X25519 || group === Group.X25519MLKEM768) continue;
    const { length } = share.publicKey;
    const offCurve = share.publicKey.slice();
    offCurve[length - 1]! ^= 1;
    expect(share.deriveSecret(offCurve) === undefined, 'a point off the curve');
    const compressed = share.publicKey.slice(0, 1 + (length >> 1));
    compressed[0] = 2 + (share.publicKey[length - 1]! & 1);
    expect(share.deriveSecret(compressed) === undefined, 'a compressed point');
    const hybrid = share.publicKey.slice();
    hybrid[0] = 6 + (share.publicKey[length - 1]! & 1);
    expect(share.deriveSecret(hybrid) === undefined, 'a hybrid point');
  }
  refusesHybridShares(provider);
}

/** Keys of wrong lengths, and a key of zeros. */
function mishapen(key: Uint8Array): readonly Uint8Array[] {
  return [EMPTY, new Uint8Array(key.length), concatBytes(key, EMPTY_BYTE), key.slice(0, -1)];
}

/** Checks that each half of a hybrid share is refused by itself. */
function refusesHybridShares(provider: CryptoProvider): void {
  const group = Group.X25519MLKEM768;
  const share = provider.generateKeyShare(group);
  // A coefficient of 12 bits must be below 3329, which 0xfff is not. FIPS 203 §7.2
  for (const at of [0, 600, 1150]) {
    const unreduced = share.publicKey.slice();
    unreduced[at] = 0xff;
    unreduced[at + 1]! |= 0x0f;
    expect(provider.answerKeyShare(group, unreduced) === undefined, 'an encapsulation key out of range');
  }
  const lowOrder = share.publicKey.slice().fill(0, 1184);
  expect(provider.answerKeyShare(group, lowOrder) === undefined, 'a share with a point of low order');
  const { publicKey, secret } = provider.answerKeyShare(group, share.publicKey)!;
  expect(share.deriveSecret(publicKey.slice().fill(0, 1088)) === undefined, 'an answer with such a point');
  // A forged ciphertext of 1088 bytes is not refused: decapsulation returns a secret that the forger cannot
  // know. FIPS 203 §6.3
  const forged = publicKey.slice();
  forged[17]! ^= 1;
  const implicit = share.deriveSecret(forged);
  expect(implicit !== undefined && implicit.length === 64, 'a secret of a forged ciphertext');
  expect(!equalBytes(implicit!.subarray(0, 32), secret.subarray(0, 32)), 'that is another one');
  expectHex(implicit!.subarray(32), toHex(secret.subarray(32)), 'beside the secret of X25519');
}

const EMPTY = new Uint8Array(0);
const EMPTY_BYTE = new Uint8Array(1);
