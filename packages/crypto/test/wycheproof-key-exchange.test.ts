import { Group } from '@tsquic/crypto';
import { equalBytes, fromHex } from '@tsquic/bytes';
import { type Judge, fixedRandom, runWycheproof } from './wycheproof.ts';

/** The private key goes in through the random source, which is where ephemeral keys come from. */
function judgeKeyExchange(group: Group, privateLength: number): Judge {
  return (createProvider, _group, testCase) => {
    const random = fixedRandom(toLength(fromHex(testCase['private'] as string), privateLength));
    const secret = createProvider(random)
      .generateKeyShare(group)
      .deriveSecret(fromHex(testCase['public'] as string));
    if (secret === undefined) return 'refused';
    return equalBytes(secret, fromHex(testCase['shared'] as string)) ? 'accepted' : 'refused';
  };
}

/** Vectors write scalars as DER integers do: with a sign byte, or without leading zeros. */
function toLength(scalar: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  const kept = scalar.subarray(Math.max(0, scalar.length - length));
  out.set(kept, length - kept.length);
  return out;
}

// RFC 8446 §4.2.8.2 allows the uncompressed form only, so the compressed point is refused.
runWycheproof('ecdh_secp256r1_ecpoint_test.json', judgeKeyExchange(Group.Secp256r1, 32), () => false);
runWycheproof('ecdh_secp384r1_ecpoint_test.json', judgeKeyExchange(Group.Secp384r1, 48), () => false);

// RFC 7748 §5 defines the result for twist points and non-canonical coordinates, so they are accepted;
// RFC 8446 §7.4.2 has all-zero results refused.
runWycheproof(
  'x25519_test.json',
  judgeKeyExchange(Group.X25519, 32),
  (testCase) => !testCase.flags.includes('ZeroSharedSecret'),
);
