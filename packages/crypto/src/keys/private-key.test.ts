import { describe, expect, test } from '@jest/globals';
import { fromHex } from '@tsquic/bytes';
import { DerError } from '@tsquic/bytes/der';
import { readPrivateKey } from './private-key.ts';

const SEED = '11'.repeat(32);
const P256 = '301306072a8648ce3d020106082a8648ce3d030107';

describe('readPrivateKey', () => {
  test.each([
    ['Ed25519', `302e020100300506032b657004220420${SEED}`, 'ed25519'],
    // RFC 5958 §2: version 1 when the public key comes along.
    ['Ed25519 with its public key', `3051020101300506032b657004220420${SEED}812100${SEED}`, 'ed25519'],
    ['Ed25519 with attributes', `3030020100300506032b657004220420${SEED}a000`, 'ed25519'],
    ['P-256', `3041020100${P256}042730250201010420${SEED}`, 'ecdsa'],
  ])('reads %s', (_name, der, kind) => {
    expect(readPrivateKey(fromHex(der)).kind).toBe(kind);
  });

  test.each([
    ['nothing', ''],
    ['bytes after the key', `302e020100300506032b657004220420${SEED}00`],
    ['version 2', `302e020102300506032b657004220420${SEED}`],
    ['a seed of 31 bytes', `302d020100300506032b65700421041f${SEED.slice(2)}`],
    ['an EC key of version 2', `3041020100${P256}042730250201020420${SEED}`],
    ['an EC key of 31 bytes', `3040020100${P256}04263024020101041f${SEED.slice(2)}`],
    ['X25519', `302e020100300506032b656e04220420${SEED}`],
    // EncryptedPrivateKeyInfo starts with an algorithm, not with a version.
    ['an encrypted key', `3010300b06092a864886f70d01050d0401aa`],
  ])('refuses %s', (_name, der) => {
    expect(() => readPrivateKey(fromHex(der))).toThrow(DerError);
  });
});
