import type { CryptoProvider } from '@tsquic/crypto';
import { Alert } from '../alerts.ts';
import type { CertificateFault } from '../config.ts';
import { type CertificateOutline, sameBytes } from './outline.ts';
import { type ParsedCertificate, parseCertificate } from './parsed-certificate.ts';
import { checkCertificate, checkIssuer, type Purpose } from './rules.ts';
import { schemeOfAlgorithm } from './signature-algorithm.ts';

/** What a search for a path works with. */
export interface ChainSearch {
  readonly crypto: CryptoProvider;
  readonly purpose: Purpose;
  readonly unixTimeMs: number;
  readonly anchors: readonly CertificateOutline[];
  /** Certificates from the peer that may stand between leaf and anchor, in any order. */
  readonly intermediates: readonly CertificateOutline[];
}

/** Look for a path from the leaf to an anchor: undefined when there is one, else the most telling fault. RFC 5280 §6 */
export function findPath(search: ChainSearch, leaf: ParsedCertificate): CertificateFault | undefined {
  return new PathFinder(search).extend([leaf], search.intermediates);
}

/** Depth first, anchors before intermediates, with a budget: crossed signatures must not cost without bound. */
class PathFinder {
  private readonly search: ChainSearch;
  private readonly parsed = new Map<CertificateOutline, ParsedCertificate | undefined>();
  private signatureChecks = 0;

  constructor(search: ChainSearch) {
    this.search = search;
  }

  extend(
    path: readonly ParsedCertificate[],
    unused: readonly CertificateOutline[],
  ): CertificateFault | undefined {
    const { anchors } = this.search;
    const child = path.at(-1)!;
    let worst: CertificateFault | undefined;
    for (const anchor of anchors.filter((candidate) => isIssuer(candidate, child))) {
      const fault = this.step(path, anchor, true);
      if (fault === undefined) return undefined;
      worst ??= fault;
    }
    if (path.length < MAX_PATH) {
      for (const candidate of unused.filter((other) => isIssuer(other, child))) {
        const fault =
          this.step(path, candidate, false) ??
          this.extend(
            [...path, this.parse(candidate)!],
            unused.filter((other) => other !== candidate),
          );
        if (fault === undefined) return undefined;
        if (worst === undefined || worst.alert === Alert.UnknownCa) worst = fault;
      }
    }
    return worst ?? unknownIssuer(child, anchors.length);
  }

  /** The fault of `issuer` above `path`, or undefined when it may stand there and signed the path's end. */
  private step(
    path: readonly ParsedCertificate[],
    issuer: CertificateOutline,
    isAnchor: boolean,
  ): CertificateFault | undefined {
    const { purpose, unixTimeMs } = this.search;
    const certificate = this.parse(issuer);
    if (certificate === undefined) {
      return {
        alert: Alert.BadCertificate,
        message: `a certificate above '${path.at(-1)!.subject}' is malformed`,
      };
    }
    return (
      checkCertificate(certificate, purpose, unixTimeMs) ??
      checkIssuer(certificate, path, isAnchor) ??
      this.checkSignature(path.at(-1)!, certificate)
    );
  }

  private checkSignature(child: ParsedCertificate, issuer: ParsedCertificate): CertificateFault | undefined {
    const { signatureAlgorithm, signed, signature } = child.outline;
    const scheme = schemeOfAlgorithm(signatureAlgorithm);
    if (scheme === undefined) {
      const message = `the certificate of '${child.subject}' is signed with an algorithm that is not supported`;
      return { alert: Alert.UnsupportedCertificate, message };
    }
    if (++this.signatureChecks > MAX_SIGNATURE_CHECKS) {
      return { alert: Alert.CertificateUnknown, message: 'the certificate chain has too many branches' };
    }
    if (this.search.crypto.verifySignature(scheme, issuer.outline.publicKey, signed, signature))
      return undefined;
    const message = `the certificate of '${child.subject}' is not signed by the key of '${issuer.subject}'`;
    return { alert: Alert.BadCertificate, message };
  }

  private parse(outline: CertificateOutline): ParsedCertificate | undefined {
    if (!this.parsed.has(outline)) this.parsed.set(outline, tryParse(outline));
    return this.parsed.get(outline);
  }
}

/** The parsed certificate, or undefined when it is malformed. */
export function tryParse(outline: CertificateOutline): ParsedCertificate | undefined {
  try {
    return parseCertificate(outline);
  } catch {
    // The parser has many kinds of errors; all mean the same here.
    return undefined;
  }
}

function isIssuer(candidate: CertificateOutline, child: ParsedCertificate): boolean {
  return sameBytes(candidate.subject, child.outline.issuer);
}

function unknownIssuer(child: ParsedCertificate, anchorCount: number): CertificateFault {
  const { subject, issuer, outline } = child;
  const message = sameBytes(outline.subject, outline.issuer)
    ? `the self-signed certificate of '${subject}' is not among the ${anchorCount} trusted ones`
    : `the issuer '${issuer}' of the certificate of '${subject}' is not among the ${anchorCount} trusted ones`;
  return { alert: Alert.UnknownCa, message };
}

const MAX_SIGNATURE_CHECKS = 100;
/** Certificates under the anchor. */
const MAX_PATH = 8;
