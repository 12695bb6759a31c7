import type { CryptoProvider } from '@tsquic/crypto';
import { Alert } from '../alerts.ts';
import type { CertificateFault, CertificateVerifier } from '../config.ts';
import { findPath, tryParse } from './chain.ts';
import { DerError } from './der.ts';
import { type CertificateOutline, readOutline, sameBytes } from './outline.ts';
import { checkCertificate, checkLeaf, type Purpose } from './rules.ts';

/** What `createCertificateVerifier` is given. */
export interface CertificateVerifierOptions {
  /** Certificates to trust, DER: authorities, or leaves themselves. */
  readonly trustAnchors: readonly Uint8Array[];
  /** What the judged chains must be made for. Default 'server', which demands the server's name too. */
  readonly purpose?: Purpose;
}

/**
 * Judges chains by RFC 5280 §6 and names by RFC 9525: signatures up to a trust anchor (at most a hundred
 * checks), validity, authority, path length, key usage, name constraints. Revocation is not looked up.
 * Throws an Error for an anchor that is not a certificate.
 */
export function createCertificateVerifier(options: CertificateVerifierOptions): CertificateVerifier {
  const anchors = options.trustAnchors.map(readAnchor);
  const purpose = options.purpose ?? 'server';
  return {
    verify: (chain, serverName, unixTimeMs, crypto) =>
      judge(anchors, purpose, chain, serverName, unixTimeMs, crypto),
  };
}

function judge(
  anchors: readonly CertificateOutline[],
  purpose: Purpose,
  chain: readonly Uint8Array[],
  serverName: string,
  unixTimeMs: number,
  crypto: CryptoProvider,
): CertificateFault | undefined {
  const [first, ...rest] = chain;
  const outline = first === undefined ? undefined : tryOutline(first);
  const leaf = outline === undefined ? undefined : tryParse(outline);
  if (outline === undefined || leaf === undefined) {
    return { alert: Alert.BadCertificate, message: 'the certificate is malformed' };
  }
  if (purpose === 'server' && serverName === '') {
    return {
      alert: Alert.BadCertificate,
      message: 'there is no server name to compare the certificate with',
    };
  }
  const host = purpose === 'server' ? serverName : '';
  const fault = checkCertificate(leaf, purpose, unixTimeMs) ?? checkLeaf(leaf, host);
  if (fault !== undefined) return fault;
  if (anchors.some((anchor) => sameBytes(anchor.der, outline.der))) return undefined;
  // What the peer adds is a hint: certificates that cannot be read lead nowhere.
  const intermediates = rest.map(tryOutline).filter((candidate) => candidate !== undefined);
  return findPath({ crypto, purpose, unixTimeMs, anchors, intermediates }, leaf);
}

function tryOutline(der: Uint8Array): CertificateOutline | undefined {
  try {
    return readOutline(der);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

function readAnchor(der: Uint8Array, index: number): CertificateOutline {
  const outline = tryOutline(der);
  if (outline === undefined) throw new Error(`trust anchor ${index} is not a certificate in DER`);
  return outline;
}
