import { concatBytes, fromHex, toHex } from '@tsquic/bytes';
import { TAG_LENGTH } from './aead.ts';
import { expect, expectHex, expectSame, expectThrow } from './assertions.ts';
import { HASH_LENGTH } from './hash-length.ts';
import {
  agreesOnKnownSecrets,
  agreesOnSecrets,
  encapsulatesKnownSecret,
  refusesPublicKeys,
} from './key-exchange-compliance.ts';
import { expandLabel } from './labels.ts';
import * as known from './known-answers.ts';
import { enciphersBlocks } from './block-cipher-compliance.ts';
import { countingRandom, type ProviderFactory } from './predictable-random.ts';
import type { CryptoProvider, HashName } from './provider.ts';
import { CertificateScheme, Group, SignatureScheme } from './provider.ts';
import { CIPHER_SUITES } from './suites.ts';

export type { ProviderFactory };

/** Registers a test with a test runner: a title, and a body that throws when the test fails. */
export type TestRegistrar = (title: string, body: () => void) => void;

/**
 * Register with `test` all tests that a crypto provider must pass: known answers of RFCs for each primitive,
 * and what the interfaces promise about ranges, copies, refusals and reproducibility.
 */
export function runProviderCompliance(
  name: string,
  createProvider: ProviderFactory,
  test: TestRegistrar,
): void {
  for (const [promise, check] of PROMISES) test(`${name}: ${promise}`, () => check(createProvider));
}

const PROMISES: readonly (readonly [string, (createProvider: ProviderFactory) => void])[] = [
  ['every suite is preferred once, and groups are those that can be had', namesWhatItPrefers],
  ['hashes and HMAC give the answers of FIPS 180-4 and RFC 4231', hashesKnownAnswers],
  ['a digest can be taken while hashing goes on', digestsAlongTheWay],
  ['HKDF gives the answer of RFC 5869 and refuses more than 255 hashes', expandsKeys],
  ['labels give the keys of RFC 9001 A.1', expandsLabels],
  ['sealing touches payload and tag only, opening payload only', sealsInPlace],
  ['ChaCha20-Poly1305 gives the packet of RFC 9001 A.5', sealsKnownPacket],
  ['opening refuses whatever was changed, and ranges shorter than a tag', refusesForgeries],
  ['the nonce takes all bits of a packet number', separatesPacketNumbers],
  ['keys and IVs are copied', copiesKeys],
  ['header protection gives the masks of RFC 9001 A.2 and A.5', masksHeaders],
  ['the block cipher gives the answer of FIPS 197, and its inverse', enciphersBlocks],
  ['key exchange gives known answers', agreesOnKnownSecrets],
  ['ML-KEM-768 gives the answers of FIPS 203, within X25519MLKEM768', encapsulatesKnownSecret],
  ['two key shares agree, and repeat under a repeated source', agreesOnSecrets],
  ['key exchange refuses malformed and low-order public keys', refusesPublicKeys],
  ['signatures verify under their scheme, key and message only', verifiesSignatures],
  ['certificates may sign with any hash on any curve', verifiesCertificateSchemes],
  ['verification is false for malformed keys and signatures', refusesMalformedKeys],
  ['a signer refuses keys and schemes it cannot use', refusesToSign],
];

function namesWhatItPrefers(createProvider: ProviderFactory): void {
  const { preferredSuites, preferredGroups } = createProvider(countingRandom());
  const ids = new Set(preferredSuites.map(({ id }) => id));
  const isWhole =
    CIPHER_SUITES.every(({ id }) => ids.has(id)) && preferredSuites.length === CIPHER_SUITES.length;
  expect(isWhole, 'all suites of TLS 1.3, each once');
  const known: readonly number[] = Object.values(Group);
  expect(preferredGroups.length > 0, 'a group at least');
  expect(new Set(preferredGroups).size === preferredGroups.length, 'each group once');
  expect(
    preferredGroups.every((group) => known.includes(group)),
    'groups of TLS 1.3',
  );
}

function hashesKnownAnswers(createProvider: ProviderFactory): void {
  const provider = createProvider(countingRandom());
  const abc = ascii('abc');
  for (const hash of HASHES) {
    const digest = provider.hash(hash, abc);
    expectHex(digest.subarray(0, 16), known.ABC_DIGEST_STARTS[hash], hash);
    expectHex(Uint8Array.of(digest.length), toHex(Uint8Array.of(HASH_LENGTH[hash])), `${hash} length`);
    const tag = provider.hmac(hash, ascii('Jefe'), ascii('what do ya want for nothing?'));
    expectHex(tag.subarray(0, 16), known.JEFE_TAG_STARTS[hash], `HMAC ${hash}`);
  }
}

function digestsAlongTheWay(createProvider: ProviderFactory): void {
  const provider = createProvider(countingRandom());
  for (const hash of HASHES) {
    const running = provider.createHash(hash);
    expectHex(running.digest(), toHex(provider.hash(hash, EMPTY)), 'empty digest');
    running.update(ascii('ab'));
    expectHex(running.digest(), toHex(provider.hash(hash, ascii('ab'))), 'first digest');
    running.update(ascii('c'));
    expectHex(running.digest(), toHex(provider.hash(hash, ascii('abc'))), 'second digest');
  }
}

function expandsKeys(createProvider: ProviderFactory): void {
  const provider = createProvider(countingRandom());
  const key = provider.hkdfExtract(
    'sha256',
    fromHex('000102030405060708090a0b0c'),
    new Uint8Array(22).fill(0x0b),
  );
  const output = provider.hkdfExpand('sha256', key, fromHex('f0f1f2f3f4f5f6f7f8f9'), 42);
  expectHex(
    output,
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    'HKDF',
  );
  for (const hash of HASHES) {
    const longest = 255 * HASH_LENGTH[hash];
    expect(provider.hkdfExpand(hash, key, EMPTY, longest).length === longest, 'the longest output');
    expectThrow(() => provider.hkdfExpand(hash, key, EMPTY, longest + 1), 'an output that is too long');
  }
}

function expandsLabels(createProvider: ProviderFactory): void {
  const provider = createProvider(countingRandom());
  const salt = fromHex('38762cf7f55934b34d179ae6a4c80cadccbb7f0a');
  const initial = provider.hkdfExtract('sha256', salt, fromHex('8394c8f03e515708'));
  const client = expandLabel(provider, 'sha256', initial, 'client in', EMPTY, 32);
  const key = expandLabel(provider, 'sha256', client, 'quic key', EMPTY, 16);
  expectHex(key, '1f369613dd76d5467730efcbe3b1a22d', 'client key');
}

function sealsInPlace(createProvider: ProviderFactory): void {
  const provider = createProvider(countingRandom());
  for (const { aead, keyLength } of CIPHER_SUITES) {
    const cipher = provider.createAead(aead, new Uint8Array(keyLength).fill(1), new Uint8Array(12).fill(2));
    for (const length of [0, 1, 15, 16, 17, 63, 64, 65, 1200, 9000]) {
      const plain = new Uint8Array(HEADER_END + length + TAG_LENGTH + 5).map((_, i) => i * 7);
      const end = HEADER_END + length;
      const buffer = plain.slice();
      cipher.seal(length, buffer, HEADER_AT, HEADER_END, end);
      expectSame(buffer, plain, 0, HEADER_END, 'bytes before the payload');
      expectSame(buffer, plain, end + TAG_LENGTH, plain.length, 'bytes after the tag');
      const sealed = buffer.slice();
      expect(cipher.open(length, buffer, HEADER_AT, HEADER_END, end + TAG_LENGTH), 'opening what was sealed');
      expectSame(buffer, plain, 0, end, 'the opened packet');
      expectSame(buffer, sealed, end, sealed.length, 'the tag and bytes after it');
    }
  }
}

function sealsKnownPacket(createProvider: ProviderFactory): void {
  const key = fromHex('c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8');
  const cipher = createProvider(countingRandom()).createAead(
    'chacha20-poly1305',
    key,
    fromHex('e0459b3474bdd0e44a41c144'),
  );
  const buffer = concatBytes(fromHex('4200bff401'), new Uint8Array(TAG_LENGTH));
  cipher.seal(654360564, buffer, 0, 4, 5);
  expectHex(buffer, '4200bff4655e5cd55c41f69080575d7999c25a5bfb', 'packet');
}

function refusesForgeries(createProvider: ProviderFactory): void {
  const provider = createProvider(countingRandom());
  for (const { aead, keyLength } of CIPHER_SUITES) {
    const cipher = provider.createAead(aead, new Uint8Array(keyLength).fill(1), new Uint8Array(12).fill(2));
    const sealed = new Uint8Array(HEADER_END + 20 + TAG_LENGTH);
    cipher.seal(5, sealed, HEADER_AT, HEADER_END, HEADER_END + 20);
    for (let at = HEADER_AT; at < sealed.length; at++) {
      const forged = sealed.slice();
      forged[at]! ^= 1 << (at & 7);
      expect(!cipher.open(5, forged, HEADER_AT, HEADER_END, forged.length), `a change at ${at}`);
    }
    for (let end = HEADER_END; end < sealed.length; end++) {
      expect(!cipher.open(5, sealed.slice(), HEADER_AT, HEADER_END, end), `a packet cut at ${end}`);
    }
    expect(!cipher.open(4, sealed.slice(), HEADER_AT, HEADER_END, sealed.length), 'another packet number');
    expect(
      cipher.open(5, sealed, HEADER_AT, HEADER_END, sealed.length),
      'the packet unchanged, after all of these',
    );
  }
}

function separatesPacketNumbers(createProvider: ProviderFactory): void {
  const provider = createProvider(countingRandom());
  for (const { aead, keyLength } of CIPHER_SUITES) {
    const key = new Uint8Array(keyLength);
    for (const [number, nonce] of known.NONCES) {
      const [sealed, expected] = [new Uint8Array(40), new Uint8Array(40)];
      provider.createAead(aead, key, new Uint8Array(12)).seal(number, sealed, 0, 4, 24);
      provider.createAead(aead, key, fromHex(nonce)).seal(0, expected, 0, 4, 24);
      expectSame(sealed, expected, 0, 40, `packet number ${number}`);
    }
  }
}

function copiesKeys(createProvider: ProviderFactory): void {
  const provider = createProvider(countingRandom());
  for (const { aead, keyLength } of CIPHER_SUITES) {
    const [key, iv] = [new Uint8Array(keyLength).fill(1), new Uint8Array(12).fill(2)];
    const cipher = provider.createAead(aead, key, iv);
    const protection = provider.createHeaderProtection(aead, key);
    const [before, after] = [new Uint8Array(40), new Uint8Array(40)];
    cipher.seal(1, before, 0, 4, 24);
    protection.compute(new Uint8Array(16), 0);
    const mask = toHex(protection.mask);
    key.fill(0);
    iv.fill(0);
    cipher.seal(1, after, 0, 4, 24);
    expectSame(after, before, 0, 40, 'a packet sealed after key and IV were cleared');
    protection.compute(new Uint8Array(16), 0);
    expectHex(protection.mask, mask, 'a mask computed after the key was cleared');
  }
}

function masksHeaders(createProvider: ProviderFactory): void {
  const provider = createProvider(countingRandom());
  const aes = provider.createHeaderProtection('aes-128-gcm', fromHex('9f50449e04a0e810283a1e9933adedd2'));
  aes.compute(fromHex('ffffffd1b1c98dd7689fb8ec11d242b123dc9bff'), 3);
  expectHex(aes.mask, '437b9aec36', 'AES mask');
  const chachaKey = fromHex('25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4');
  const chacha = provider.createHeaderProtection('chacha20-poly1305', chachaKey);
  chacha.compute(fromHex('ff5e5cd55c41f69080575d7999c25a5bfbff'), 1);
  expectHex(chacha.mask, 'aefefe7d03', 'ChaCha20 mask');
}

function verifiesSignatures(createProvider: ProviderFactory): void {
  const provider = createProvider(countingRandom());
  const message = fromHex('72');
  const ed25519 = provider.createSigner(known.ED25519_PKCS8);
  expectHex(ed25519.sign(SignatureScheme.Ed25519, message), known.ED25519_SIGNATURE, 'RFC 8032 test 2');
  const keys: readonly (readonly [Uint8Array, Uint8Array])[] = [
    [known.ED25519_PKCS8, known.ED25519_SPKI],
    [known.P256_PKCS8, known.P256_SPKI],
  ];
  for (const [pkcs8, spki] of keys) {
    const signer = provider.createSigner(pkcs8);
    for (const scheme of signer.schemes) {
      const signature = signer.sign(scheme, message);
      for (const other of Object.values(SignatureScheme)) {
        const fits = provider.verifySignature(other, spki, message, signature);
        expect(fits === (other === scheme), `a signature of scheme ${scheme} under ${other}`);
      }
      expect(!provider.verifySignature(scheme, spki, fromHex('73'), signature), 'another message');
      signature[signature.length - 1]! ^= 1;
      expect(!provider.verifySignature(scheme, spki, message, signature), 'a changed signature');
    }
  }
}

function verifiesCertificateSchemes(createProvider: ProviderFactory): void {
  const provider = createProvider(countingRandom());
  const message = fromHex('72');
  const schemes = Object.values(CertificateScheme);
  for (const [right, signature] of known.P384_SIGNATURES.entries()) {
    for (const [at, scheme] of schemes.entries()) {
      const fits = provider.verifySignature(scheme, known.P384_SPKI, message, signature);
      expect(fits === (at === right), `signature ${right} of a P-384 key under ${scheme}`);
      expect(
        !provider.verifySignature(scheme, known.P256_SPKI, message, signature),
        'a key of another curve',
      );
      expect(
        !provider.verifySignature(scheme, known.ED25519_SPKI, message, signature),
        'a key of another kind',
      );
    }
    const natural = provider.verifySignature(
      SignatureScheme.EcdsaSecp384r1Sha384,
      known.P384_SPKI,
      message,
      signature,
    );
    expect(natural === (right === 1), 'TLS ties the hash to the curve');
  }
}

function refusesMalformedKeys(createProvider: ProviderFactory): void {
  const provider = createProvider(countingRandom());
  const message = fromHex('72');
  const keys: readonly (readonly [SignatureScheme, Uint8Array, Uint8Array])[] = [
    [SignatureScheme.Ed25519, known.ED25519_SPKI, fromHex(known.ED25519_SIGNATURE)],
    [SignatureScheme.EcdsaSecp256r1Sha256, known.P256_SPKI, p256Signature(provider, message)],
  ];
  for (const [scheme, spki, signature] of keys) {
    expect(provider.verifySignature(scheme, spki, message, signature), 'the signature to begin with');
    for (let end = 0; end < spki.length; end++) {
      expect(
        !provider.verifySignature(scheme, spki.subarray(0, end), message, signature),
        `a key cut at ${end}`,
      );
    }
    expect(
      !provider.verifySignature(scheme, concatBytes(spki, EMPTY_BYTE), message, signature),
      'a key and more',
    );
    for (let end = 0; end < signature.length; end++) {
      expect(!provider.verifySignature(scheme, spki, message, signature.subarray(0, end)), `a cut signature`);
    }
    expect(
      !provider.verifySignature(scheme, spki, message, concatBytes(signature, EMPTY_BYTE)),
      'a longer signature',
    );
  }
}

function refusesToSign(createProvider: ProviderFactory): void {
  const provider = createProvider(countingRandom());
  for (const junk of [EMPTY, fromHex('3000'), known.P256_PKCS8.subarray(1), known.P256_SPKI]) {
    expectThrow(() => provider.createSigner(junk), 'a signer for no private key');
  }
  const signer = provider.createSigner(known.P256_PKCS8);
  expect(
    signer.schemes.join() === String(SignatureScheme.EcdsaSecp256r1Sha256),
    'the schemes of a P-256 key',
  );
  expectThrow(() => signer.sign(SignatureScheme.Ed25519, EMPTY), 'a scheme of another kind');
  expectThrow(() => signer.sign(SignatureScheme.EcdsaSecp384r1Sha384, EMPTY), 'a scheme of another curve');
}

function p256Signature(provider: CryptoProvider, message: Uint8Array): Uint8Array {
  return provider.createSigner(known.P256_PKCS8).sign(SignatureScheme.EcdsaSecp256r1Sha256, message);
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const EMPTY = new Uint8Array(0);
const EMPTY_BYTE = new Uint8Array(1);
const HEADER_AT = 3;
const HEADER_END = 21;
const HASHES: readonly HashName[] = ['sha256', 'sha384', 'sha512'];
