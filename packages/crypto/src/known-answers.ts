import { fromHex } from '@tsquic/bytes';
import type { HashName } from './provider.ts';

/** The first 16 bytes of the digests of "abc", FIPS 180-4. */
export const ABC_DIGEST_STARTS: Readonly<Record<HashName, string>> = {
  sha256: 'ba7816bf8f01cfea414140de5dae2223',
  sha384: 'cb00753f45a35e8bb5a03d699ac65007',
  sha512: 'ddaf35a193617abacc417349ae204131',
};

/** The first 16 bytes of the HMAC of RFC 4231 §4.3. */
export const JEFE_TAG_STARTS: Readonly<Record<HashName, string>> = {
  sha256: '5bdcc146bf60754e6a042426089575c7',
  sha384: 'af45d2e376484031617f78d2b58a6b1b',
  sha512: '164b7a7bfcf819e2e395fbe73b56e0a3',
};

/** Packet numbers, and their nonces with an IV of zeros. RFC 9001 §5.3 */
export const NONCES: readonly (readonly [number, string])[] = [
  [1, '000000000000000000000001'],
  [0xfffffffe, '0000000000000000fffffffe'],
  [2 ** 32, '000000000000000100000000'],
  [2 ** 40 + 2 ** 31, '000000000000010080000000'],
  [2 ** 53 - 1, '00000000001fffffffffffff'],
];

/** A private key: Wycheproof x25519, first valid case. */
export const X25519_PRIVATE = 'c8a9d5a91091ad851c668b0736c1c9a02936c0d3ad62670858088047ba057475';
/** The public key that goes with `X25519_PRIVATE`. */
export const X25519_PEER = '504a36999f489cd2fdbc08baff3d88fa00569ba986cba22548ffde80f9806829';
/** The secret of `X25519_PRIVATE` and `X25519_PEER`. */
export const X25519_SHARED = '436a2c040cf45fea9b29a0cb81b1f41458f863d0d61b453d0a982720d6d61320';

/** The random bytes of an ML-KEM-768 key (d, then z): Wycheproof mlkem_768, case 2. */
export const ML_KEM_SEED: string =
  '7c9935a0b07694aa0c6d10e4db6b1add2fd81a25ccb148032dcd739936737f2d' +
  '8626ed79d451140800e03b59b956f8210e556067407d13dc90fa9e8b872bfb8f';
/** The SHA-256 of the encapsulation key of `ML_KEM_SEED`. */
export const ML_KEM_KEY_DIGEST = '86adbca81f4fee893e2fb58fb98aa2fe188f501fed268d7f4056f8c05c4e53c4';
/** The random bytes of an encapsulation: Wycheproof mlkem_768_encaps, case 14. */
export const ML_KEM_MESSAGE = '147c03f7a5bebba406c8fae1874d7f13c80efe79a3a9a874cc09fe76f6997615';
/** The SHA-256 of the ciphertext of `ML_KEM_MESSAGE` for the key of `ML_KEM_SEED`. */
export const ML_KEM_CIPHERTEXT_DIGEST = '36829a2f35cbf4deb62c0a12a15c22dae9f8d2c252566fc24f88abe805cb575e';
/** The secret of that encapsulation. */
export const ML_KEM_SECRET = 'e7184a0975ee3470878d2d159ec83129c8aec253d4ee17b4810311d198cd0368';

/** A private key of P-256, RFC 6979 §A.2.5. */
export const P256_PRIVATE = 'c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721';
/** The public key of `P256_PRIVATE`. */
export const P256_POINT: string =
  '0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6' +
  '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299';
/** `P256_PRIVATE` as PKCS #8. */
export const P256_PKCS8: Uint8Array = /* @__PURE__ */ fromHex(
  `3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420${P256_PRIVATE}`,
);
/** `P256_POINT` as SubjectPublicKeyInfo. */
export const P256_SPKI: Uint8Array = /* @__PURE__ */ fromHex(
  `3059301306072a8648ce3d020106082a8648ce3d030107034200${P256_POINT}`,
);

/** A private key as PKCS #8, RFC 8032 §7.1, test 2, where the message is 0x72. */
export const ED25519_PKCS8: Uint8Array = /* @__PURE__ */ fromHex(
  '302e020100300506032b6570042204204ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
);
/** The public key of `ED25519_PKCS8`. */
export const ED25519_SPKI: Uint8Array = /* @__PURE__ */ fromHex(
  '302a300506032b65700321003d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
);
/** The signature of the byte 0x72 by `ED25519_PKCS8`. */
export const ED25519_SIGNATURE: string =
  '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
  '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00';

/** A public key of P-384 as SubjectPublicKeyInfo, made by OpenSSL 3.0. */
export const P384_SPKI: Uint8Array = /* @__PURE__ */ fromHex(
  '3076301006072a8648ce3d020106052b8104002203620004' +
    'e1dc5ae62a78b5fdf608a70eb5e1e5146d9c9d7c370ca33da78246efd1e663a98d0c54ea069d40d8cfe56dfa150248a9' +
    'b9a0012b1a9612f708c5498157cc683667ca419c86ee72eeb4986cff5149790c277425980a147e626264a5293efe59d4',
);
/** Signatures of 0x72 by the key of `P384_SPKI` with SHA-256, SHA-384 and SHA-512, made by OpenSSL 3.0. */
export const P384_SIGNATURES: readonly Uint8Array[] = [
  '3065023100ef9b000631babe0bf86f0fcfe2767ed198989f331e61c4c77ce96a5737de974bddca153ed030341cbfaa90d214814104' +
    '0230760aec30c5cdbce0669db465eeadb33844b5a43dcbb495f434852dcab204082b1a66eadbd020352c71c296f2c9c82ecc',
  '3065023100ed881cb45f9daef247cfad7d659a0723a166047bdda8320eed4fffd313ea737fd1c5b0fcf593c9a817c6c75787f0a409' +
    '02306b73abfb994dcc39e006743a038c30005c86b027a7c6e947205be7ac142b3ee38029f8f2bd174f0c1fa1a98db06188b5',
  '306402306ae033590db98f448ab5282573342ce41b23fdb232d352b03261fe62d12e26bc7f3643c0c973c367393bd95fccb1adad' +
    '02301f90148686cca5b797c28a489940ca71d1ff2e1128ab99fcfe9231311f3db63d2ab5b15795791bf4145157a67e9c08b5',
].map((hex) => /* @__PURE__ */ fromHex(hex));
