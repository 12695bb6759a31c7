import { bytesFromLatin1, toHex } from '@tsquic/bytes';
import { DerError } from '@tsquic/bytes/der';
import type { CryptoProvider } from '@tsquic/crypto';
import { Alert } from '../alerts.ts';
import type { CertificateFault, CertificateVerifier } from '../config.ts';
import { JudgedChains } from './judged-chains.ts';
import { findPath, malformed, tryParse } from './chain.ts';
import { type CertificateOutline, readOutline } from './outline.ts';
import type { ParsedCertificate } from './parsed-certificate.ts';
import { MAX_CERTIFICATES } from './peer-chain.ts';
import { checkCertificate, checkLeaf, fault, type Purpose } from './rules.ts';
import { TrustAnchors } from './trust-anchors.ts';
import { BudgetSpent, Work } from './work.ts';

/** Options of `createCertificateVerifier`. */
export interface CertificateVerifierOptions {
  /**
   * Trusted certificates, DER: of authorities, or of peers themselves. A function is called once, when the first chain is
   * judged, because reading all authorities of a runtime takes longer than to begin a handshake. Where it throws, or gives what
   * is no certificate, no chain is valid, and `onFault` is told once.
   */
  readonly trustAnchors: readonly Uint8Array[] | (() => readonly Uint8Array[]);
  /** Is told why there are no trust anchors, where the function that gives them fails. */
  readonly onFault?: (error: unknown) => void;
  /** The end of TLS whose chains are judged. Default 'server', for which the server's name is checked too. */
  readonly purpose?: Purpose;
}

/**
 * Judges chains by RFC 5280 §6 and names by RFC 9525: signatures up to a trust anchor, validity, authority,
 * path length, key usage, name constraints, policies. The work is bounded, whatever the peer sends; a chain that was
 * valid is remembered, and not judged again as long as its path is.
 * Revocation is not checked. Throws an Error for an anchor that is not a certificate, unless a function gives it.
 */
export function createCertificateVerifier(options: CertificateVerifierOptions): CertificateVerifier {
  const known = new KnownAnchors(options);
  const purpose = options.purpose ?? 'server';
  const judged = new JudgedChains();
  let fingerprint: Uint8Array | undefined;
  return {
    verify(chain, serverName, unixTimeMs, crypto) {
      if (judged.has(chain, serverName, unixTimeMs, crypto)) return undefined;
      const { anchors, failure } = known;
      if (failure !== undefined) return fault('issuer', Alert.InternalError, failure);
      const onValid = (path: readonly ParsedCertificate[]): void =>
        judged.add(chain, serverName, crypto, path);
      return judgeWithin(new Work(), {
        anchors,
        purpose,
        chain,
        serverName,
        unixTimeMs,
        crypto,
        onValid,
      });
    },
    fingerprint: (crypto) => (fingerprint ??= fingerprintOf(known.anchors, purpose, crypto)),
  };
}

/** The trust anchors of a verifier, which are read when they are needed. */
class KnownAnchors {
  private readonly options: CertificateVerifierOptions;
  private read: TrustAnchors | undefined;
  private readFailure: string | undefined;

  constructor(options: CertificateVerifierOptions) {
    this.options = options;
    if (typeof options.trustAnchors !== 'function') this.read = new TrustAnchors(options.trustAnchors);
  }

  /** None where they cannot be read. */
  get anchors(): TrustAnchors {
    this.read ??= this.readAll();
    return this.read;
  }

  /** Why they cannot be read; undefined where they can. */
  get failure(): string | undefined {
    return this.anchors.certificates.length === 0 ? this.readFailure : undefined;
  }

  /** A peer decides when this runs: a program that fails here must not be ended by it. */
  private readAll(): TrustAnchors {
    const { trustAnchors, onFault } = this.options;
    try {
      return new TrustAnchors(typeof trustAnchors === 'function' ? trustAnchors() : trustAnchors);
    } catch (error) {
      this.readFailure = `the trust anchors cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      onFault?.(error);
      return new TrustAnchors([]);
    }
  }
}

/** A hash of the rules, the purpose, and the anchors in any order. */
function fingerprintOf(anchors: TrustAnchors, purpose: Purpose, crypto: CryptoProvider): Uint8Array {
  const trusted = [
    ...new Set(anchors.certificates.map((der) => toHex(crypto.hash('sha256', der)))),
  ].toSorted();
  return bytesFromLatin1(`RFC 5280, ${purpose}: ${trusted.join(' ')}`);
}

/** The arguments of one judgement. */
export interface JudgementCase {
  readonly anchors: TrustAnchors;
  readonly purpose: Purpose;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly serverName: string;
  readonly unixTimeMs: number;
  readonly crypto: CryptoProvider;
  /** Is told of the path that makes the chain valid, leaf first, with the anchor. */
  readonly onValid?: (path: readonly ParsedCertificate[]) => void;
}

/**
 * The fault of a chain, or undefined when it is valid; a chain that takes more than `work` allows has a
 * fault.
 */
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
  if (anchors.has(leaf.outline)) {
    asked.onValid?.([leaf]);
    return undefined;
  }
  // Further certificates of the peer are only hints, so that those that cannot be read are skipped.
  const intermediates = rest
    .map((der) => tryOutline(der, work))
    .filter((candidate): candidate is CertificateOutline => !('alert' in candidate));
  const { onValid } = asked;
  return findPath({ crypto, purpose, unixTimeMs, anchors, intermediates, work, onValid }, leaf);
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
