import { toHex } from '@tsquic/bytes';
import type { CryptoProvider } from '@tsquic/crypto';
import { Alert } from '../alerts.ts';
import type { CertificateFault, CertificateVerifier } from '../config.ts';
import { bytesFromLatin1 } from '../extension/latin1.ts';
import { findPath, malformed, tryParse } from './chain.ts';
import { DerError } from './der.ts';
import { type CertificateOutline, readOutline } from './outline.ts';
import { MAX_CERTIFICATES } from './peer-chain.ts';
import { checkCertificate, checkLeaf, fault, type Purpose } from './rules.ts';
import { TrustAnchors } from './trust-anchors.ts';
import { BudgetSpent, Work } from './work.ts';

/** What `createCertificateVerifier` is given. */
export interface CertificateVerifierOptions {
  /** Certificates to trust, DER: authorities, or leaves themselves. */
  readonly trustAnchors: readonly Uint8Array[];
  /** What the judged chains must be made for. Default 'server', which demands the server's name too. */
  readonly purpose?: Purpose;
}

/**
 * Judges chains by RFC 5280 §6 and names by RFC 9525: signatures up to a trust anchor, validity, authority, path
 * length, key usage, name constraints, policies. What that may cost is bounded, whatever the peer sends. Revocation is
 * not looked up. Throws an Error for an anchor that is not a certificate.
 */
export function createCertificateVerifier(options: CertificateVerifierOptions): CertificateVerifier {
  const anchors = new TrustAnchors(options.trustAnchors);
  const purpose = options.purpose ?? 'server';
  let fingerprint: Uint8Array | undefined;
  return {
    verify: (chain, serverName, unixTimeMs, crypto) =>
      judgeWithin(new Work(), { anchors, purpose, chain, serverName, unixTimeMs, crypto }),
    fingerprint: (crypto) => (fingerprint ??= fingerprintOf(anchors, purpose, crypto)),
  };
}

/** The rules, the purpose, and whom we trust, in whatever order. */
function fingerprintOf(anchors: TrustAnchors, purpose: Purpose, crypto: CryptoProvider): Uint8Array {
  const trusted = [
    ...new Set(anchors.certificates.map((der) => toHex(crypto.hash('sha256', der)))),
  ].toSorted();
  return bytesFromLatin1(`RFC 5280, ${purpose}: ${trusted.join(' ')}`);
}

/** One question to a verifier. */
export interface JudgementCase {
  readonly anchors: TrustAnchors;
  readonly purpose: Purpose;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly serverName: string;
  readonly unixTimeMs: number;
  readonly crypto: CryptoProvider;
}

/** The fault of a chain, or undefined; one that costs more than `work` allows is at fault. */
export function judgeWithin(work: Work, asked: JudgementCase): CertificateFault | undefined {
  try {
    return judge(work, asked);
  } catch (error) {
    if (error instanceof BudgetSpent) return fault('budget', Alert.CertificateUnknown, error.message);
    throw error;
  }
}

function judge(work: Work, asked: JudgementCase): CertificateFault | undefined {
  const { anchors, purpose, chain, serverName, unixTimeMs, crypto } = asked;
  const [first, ...rest] = chain;
  if (chain.length > MAX_CERTIFICATES) {
    const message = `the peer sent ${chain.length} certificates, more than ${MAX_CERTIFICATES}`;
    return fault('budget', Alert.CertificateUnknown, message);
  }
  const outline = first === undefined ? NO_CERTIFICATE : tryOutline(first, work);
  const leaf = 'alert' in outline ? outline : tryParse(outline, 'the certificate', work);
  if ('alert' in leaf) return leaf;
  if (purpose === 'server' && serverName === '') {
    const message = 'there is no server name to compare the certificate with';
    return fault('name', Alert.BadCertificate, message);
  }
  const host = purpose === 'server' ? serverName : '';
  const refused = checkCertificate(leaf, purpose, unixTimeMs) ?? checkLeaf(leaf, host);
  if (refused !== undefined) return refused;
  if (anchors.has(leaf.outline)) return undefined;
  // What the peer adds is a hint: certificates that cannot be read lead nowhere.
  const intermediates = rest
    .map((der) => tryOutline(der, work))
    .filter((candidate): candidate is CertificateOutline => !('alert' in candidate));
  return findPath({ crypto, purpose, unixTimeMs, anchors, intermediates, work }, leaf);
}

function tryOutline(der: Uint8Array, work: Work): CertificateOutline | CertificateFault {
  try {
    return readOutline(der, work);
  } catch (error) {
    if (error instanceof DerError) return malformed('the certificate', error);
    throw error;
  }
}

const NO_CERTIFICATE = fault('form', Alert.BadCertificate, 'the peer sent no certificate');
