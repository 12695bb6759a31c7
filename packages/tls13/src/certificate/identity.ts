import type { CryptoProvider } from '@tsquic/crypto';
import { TlsAlert } from '../alerts.ts';
import type { Identity } from '../config.ts';
import { certificatePublicKey } from './public-key.ts';
import { MAX_CERTIFICATES } from './peer-chain.ts';

/**
 * Check an identity: its chain must consist of certificates, and its signer must have the key of the leaf.
 * Throws an Error that says what is wrong. Each identity is checked once, because the check makes a
 * signature.
 */
export function checkIdentity(identity: Identity, crypto: CryptoProvider): void {
  if (CHECKED.has(identity)) return;
  const { chain, signer } = identity;
  if (chain.length === 0) throw new Error('there is no certificate');
  if (chain.length > MAX_CERTIFICATES)
    throw new Error(`a chain has at most ${MAX_CERTIFICATES} certificates, not ${chain.length}`);
  const keys = chain.map((certificate, at) => publicKeyOf(certificate, at));
  const [scheme] = signer.schemes;
  if (scheme === undefined) throw new Error('the private key signs with no scheme of TLS 1.3');
  const signature = signer.sign(scheme, PROBE);
  if (!crypto.verifySignature(scheme, keys[0]!, PROBE, signature)) {
    throw new Error(
      'the private key is not the key of the certificate: the two are of different pairs, or the first certificate is not that of this end but of an issuer',
    );
  }
  CHECKED.add(identity);
}

function publicKeyOf(certificate: Uint8Array, at: number): Uint8Array {
  try {
    return certificatePublicKey(certificate);
  } catch (error) {
    if (!(error instanceof TlsAlert)) throw error;
    throw new Error(`certificate ${at + 1} of the chain cannot be read: ${error.message}`, { cause: error });
  }
}

const CHECKED = new WeakSet<Identity>();
/** A message that TLS never signs, because those begin with 64 spaces. */
const PROBE: Uint8Array = Uint8Array.of(0);
