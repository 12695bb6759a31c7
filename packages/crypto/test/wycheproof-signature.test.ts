import { SignatureScheme } from '@tsquic/crypto';
import { fromHex } from '@tsquic/bytes';
import { type Judge, noRandom, runWycheproof } from './wycheproof.ts';

function judgeSignature(scheme: SignatureScheme): Judge {
  return (createProvider, group, testCase) => {
    const [message, signature] = [fromHex(testCase['msg'] as string), fromHex(testCase['sig'] as string)];
    const publicKey = fromHex(group['publicKeyDer'] as string);
    return createProvider(noRandom).verifySignature(scheme, publicKey, message, signature)
      ? 'accepted'
      : 'refused';
  };
}

const FILES: readonly (readonly [string, SignatureScheme])[] = [
  ['ecdsa_secp256r1_sha256_test.json', SignatureScheme.EcdsaSecp256r1Sha256],
  ['ecdsa_secp384r1_sha384_test.json', SignatureScheme.EcdsaSecp384r1Sha384],
  ['ecdsa_secp521r1_sha512_test.json', SignatureScheme.EcdsaSecp521r1Sha512],
  ['ed25519_test.json', SignatureScheme.Ed25519],
  ['rsa_pss_2048_sha256_mgf1_32_test.json', SignatureScheme.RsaPssRsaeSha256],
  ['rsa_pss_2048_sha384_mgf1_48_test.json', SignatureScheme.RsaPssRsaeSha384],
  // RFC 8017 §8.2.2 compares with a fresh encoding, NULL included, so the one without is refused.
  ['rsa_signature_2048_sha256_test.json', SignatureScheme.RsaPkcs1Sha256],
];

for (const [file, scheme] of FILES) runWycheproof(file, judgeSignature(scheme), () => false);
