import { concatBytes, equalBytes, fromHex, toHex } from '@tsquic/bytes';
import { TAG_LENGTH } from './aead.ts';
import { HASH_LENGTH } from './hash-length.ts';
import { expandLabel } from './labels.ts';
import type { CryptoProvider, HashName, RandomSource } from './provider.ts';
import { CertificateScheme, Group, SignatureScheme } from './provider.ts';
import { CIPHER_SUITES } from './suites.ts';

/** Makes a provider over the random source given. */
export type ProviderFactory = (random: RandomSource) => CryptoProvider;

/** What a test runner offers: a title and a body that throws when the test fails. */
export type TestRegistrar = (title: string, body: () => void) => void;

/**
 * Registers with `test` everything a crypto provider must keep: known answers of RFCs for each primitive, and the
 * promises of the interfaces about ranges, copies, refusals and reproducibility.
 */
export function runProviderCompliance(
  name: string,
  createProvider: ProviderFactory,
  test: TestRegistrar,
): void {
  for (const [promise, check] of PROMISES) test(`${name}: ${promise}`, () => check(createProvider));
}

const PROMISES: readonly (readonly [string, (createProvider: ProviderFactory) => void])[] = [
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
  ['key exchange gives known answers', agreesOnKnownSecrets],
  ['two key shares agree, and repeat under a repeated source', agreesOnSecrets],
  ['key exchange refuses malformed and low-order public keys', refusesPublicKeys],
  ['signatures verify under their scheme, key and message only', verifiesSignatures],
  ['certificates may sign with any hash on any curve', verifiesCertificateSchemes],
  ['verification is false for malformed keys and signatures', refusesMalformedKeys],
  ['a signer refuses keys and schemes it cannot use', refusesToSign],
];

function hashesKnownAnswers(createProvider: ProviderFactory): void {
  const provider = createProvider(countingRandom());
  const abc = ascii('abc');
  for (const hash of HASHES) {
    const digest = provider.hash(hash, abc);
    expectHex(digest.subarray(0, 16), ABC_DIGEST_STARTS[hash], hash);
    expectHex(Uint8Array.of(digest.length), toHex(Uint8Array.of(HASH_LENGTH[hash])), `${hash} length`);
    const tag = provider.hmac(hash, ascii('Jefe'), ascii('what do ya want for nothing?'));
    expectHex(tag.subarray(0, 16), JEFE_TAG_STARTS[hash], `HMAC ${hash}`);
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
    for (const [number, nonce] of NONCES) {
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

function agreesOnKnownSecrets(createProvider: ProviderFactory): void {
  // Wycheproof x25519, first valid case.
  const x25519 = createProvider(fixedRandom(X25519_PRIVATE)).generateKeyShare(Group.X25519);
  expectHex(x25519.deriveSecret(fromHex(X25519_PEER)) ?? EMPTY, X25519_SHARED, 'X25519 secret');
  const p256 = createProvider(fixedRandom(P256_PRIVATE)).generateKeyShare(Group.Secp256r1);
  expectHex(p256.publicKey, P256_POINT, 'P-256 public key');
}

function agreesOnSecrets(createProvider: ProviderFactory): void {
  for (const group of Object.values(Group)) {
    const provider = createProvider(countingRandom());
    const [ours, theirs] = [provider.generateKeyShare(group), provider.generateKeyShare(group)];
    expect(!equalBytes(ours.publicKey, theirs.publicKey), 'two shares of one provider');
    const [first, second] = [ours.deriveSecret(theirs.publicKey), theirs.deriveSecret(ours.publicKey)];
    expect(first !== undefined && second !== undefined, 'secrets exist');
    expectHex(first!, toHex(second!), 'the shared secret');
    const again = createProvider(countingRandom()).generateKeyShare(group);
    expectHex(again.publicKey, toHex(ours.publicKey), 'a share from the same source');
  }
}

function refusesPublicKeys(createProvider: ProviderFactory): void {
  const provider = createProvider(countingRandom());
  for (const group of Object.values(Group)) {
    const share = provider.generateKeyShare(group);
    const length = share.publicKey.length;
    for (const wrong of [
      EMPTY,
      new Uint8Array(length),
      new Uint8Array(length - 1),
      new Uint8Array(length + 1),
    ]) {
      expect(share.deriveSecret(wrong) === undefined, `${wrong.length} zeros for group ${group}`);
    }
    if (group === Group.X25519) continue;
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
}

function verifiesSignatures(createProvider: ProviderFactory): void {
  const provider = createProvider(countingRandom());
  const message = fromHex('72');
  const ed25519 = provider.createSigner(ED25519_PKCS8);
  expectHex(ed25519.sign(SignatureScheme.Ed25519, message), ED25519_SIGNATURE, 'RFC 8032 test 2');
  const keys: readonly (readonly [Uint8Array, Uint8Array])[] = [
    [ED25519_PKCS8, ED25519_SPKI],
    [P256_PKCS8, P256_SPKI],
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
  for (const [right, signature] of P384_SIGNATURES.entries()) {
    for (const [at, scheme] of schemes.entries()) {
      const fits = provider.verifySignature(scheme, P384_SPKI, message, signature);
      expect(fits === (at === right), `signature ${right} of a P-384 key under ${scheme}`);
      expect(!provider.verifySignature(scheme, P256_SPKI, message, signature), 'a key of another curve');
      expect(!provider.verifySignature(scheme, ED25519_SPKI, message, signature), 'a key of another kind');
    }
    const natural = provider.verifySignature(
      SignatureScheme.EcdsaSecp384r1Sha384,
      P384_SPKI,
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
    [SignatureScheme.Ed25519, ED25519_SPKI, fromHex(ED25519_SIGNATURE)],
    [SignatureScheme.EcdsaSecp256r1Sha256, P256_SPKI, p256Signature(provider, message)],
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
  for (const junk of [EMPTY, fromHex('3000'), P256_PKCS8.subarray(1), P256_SPKI]) {
    expectThrow(() => provider.createSigner(junk), 'a signer for no private key');
  }
  const signer = provider.createSigner(P256_PKCS8);
  expect(
    signer.schemes.join() === String(SignatureScheme.EcdsaSecp256r1Sha256),
    'the schemes of a P-256 key',
  );
  expectThrow(() => signer.sign(SignatureScheme.Ed25519, EMPTY), 'a scheme of another kind');
  expectThrow(() => signer.sign(SignatureScheme.EcdsaSecp384r1Sha384, EMPTY), 'a scheme of another curve');
}

function p256Signature(provider: CryptoProvider, message: Uint8Array): Uint8Array {
  return provider.createSigner(P256_PKCS8).sign(SignatureScheme.EcdsaSecp256r1Sha256, message);
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not as promised: ${what}`);
}

function expectHex(bytes: Uint8Array, hex: string, what: string): void {
  if (toHex(bytes) !== hex) throw new Error(`${what}: ${toHex(bytes)}, not ${hex}`);
}

function expectSame(a: Uint8Array, b: Uint8Array, from: number, end: number, what: string): void {
  expectHex(a.subarray(from, end), toHex(b.subarray(from, end)), what);
}

function expectThrow(run: () => void, what: string): void {
  let threw = false;
  try {
    run();
  } catch (error) {
    threw = error instanceof Error;
  }
  expect(threw, `an Error for ${what}`);
}

/** Bytes 1, 2, 3 and so on. */
function countingRandom(): RandomSource {
  let next = 1;
  return (out) => {
    for (let i = 0; i < out.length; i++) out[i] = next++;
  };
}

function fixedRandom(hex: string): RandomSource {
  return (out) => out.set(fromHex(hex));
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const EMPTY = new Uint8Array(0);
const EMPTY_BYTE = new Uint8Array(1);
const HEADER_AT = 3;
const HEADER_END = 21;
const HASHES: readonly HashName[] = ['sha256', 'sha384', 'sha512'];

const ABC_DIGEST_STARTS: Readonly<Record<HashName, string>> = {
  sha256: 'ba7816bf8f01cfea414140de5dae2223',
  sha384: 'cb00753f45a35e8bb5a03d699ac65007',
  sha512: 'ddaf35a193617abacc417349ae204131',
};

/** RFC 4231 §4.3. */
const JEFE_TAG_STARTS: Readonly<Record<HashName, string>> = {
  sha256: '5bdcc146bf60754e6a042426089575c7',
  sha384: 'af45d2e376484031617f78d2b58a6b1b',
  sha512: '164b7a7bfcf819e2e395fbe73b56e0a3',
};

const NONCES: readonly (readonly [number, string])[] = [
  [1, '000000000000000000000001'],
  [0xfffffffe, '0000000000000000fffffffe'],
  [2 ** 32, '000000000000000100000000'],
  [2 ** 40 + 2 ** 31, '000000000000010080000000'],
  [2 ** 53 - 1, '00000000001fffffffffffff'],
];

const X25519_PRIVATE = 'c8a9d5a91091ad851c668b0736c1c9a02936c0d3ad62670858088047ba057475';
const X25519_PEER = '504a36999f489cd2fdbc08baff3d88fa00569ba986cba22548ffde80f9806829';
const X25519_SHARED = '436a2c040cf45fea9b29a0cb81b1f41458f863d0d61b453d0a982720d6d61320';

/** RFC 6979 §A.2.5. */
const P256_PRIVATE = 'c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721';
const P256_POINT =
  '0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6' +
  '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299';
const P256_PKCS8: Uint8Array = /* @__PURE__ */ fromHex(
  `3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420${P256_PRIVATE}`,
);
const P256_SPKI: Uint8Array = /* @__PURE__ */ fromHex(
  `3059301306072a8648ce3d020106082a8648ce3d030107034200${P256_POINT}`,
);

/** RFC 8032 §7.1, test 2: the message is 0x72. */
const ED25519_PKCS8: Uint8Array = /* @__PURE__ */ fromHex(
  '302e020100300506032b6570042204204ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
);
const ED25519_SPKI: Uint8Array = /* @__PURE__ */ fromHex(
  '302a300506032b65700321003d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
);
const ED25519_SIGNATURE =
  '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
  '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00';

/** A P-384 key and its signatures of 0x72 with SHA-256, SHA-384 and SHA-512, made by OpenSSL 3.0. */
const P384_SPKI: Uint8Array = /* @__PURE__ */ fromHex(
  '3076301006072a8648ce3d020106052b8104002203620004' +
    'e1dc5ae62a78b5fdf608a70eb5e1e5146d9c9d7c370ca33da78246efd1e663a98d0c54ea069d40d8cfe56dfa150248a9' +
    'b9a0012b1a9612f708c5498157cc683667ca419c86ee72eeb4986cff5149790c277425980a147e626264a5293efe59d4',
);
const P384_SIGNATURES: readonly Uint8Array[] = [
  '3065023100ef9b000631babe0bf86f0fcfe2767ed198989f331e61c4c77ce96a5737de974bddca153ed030341cbfaa90d214814104' +
    '0230760aec30c5cdbce0669db465eeadb33844b5a43dcbb495f434852dcab204082b1a66eadbd020352c71c296f2c9c82ecc',
  '3065023100ed881cb45f9daef247cfad7d659a0723a166047bdda8320eed4fffd313ea737fd1c5b0fcf593c9a817c6c75787f0a409' +
    '02306b73abfb994dcc39e006743a038c30005c86b027a7c6e947205be7ac142b3ee38029f8f2bd174f0c1fa1a98db06188b5',
  '306402306ae033590db98f448ab5282573342ce41b23fdb232d352b03261fe62d12e26bc7f3643c0c973c367393bd95fccb1adad' +
    '02301f90148686cca5b797c28a489940ca71d1ff2e1128ab99fcfe9231311f3db63d2ab5b15795791bf4145157a67e9c08b5',
].map((hex) => /* @__PURE__ */ fromHex(hex));
