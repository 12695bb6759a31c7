import { DerError } from '@tsquic/bytes/der';
import type { CryptoProvider } from '@tsquic/crypto';
import { Alert } from '../alerts.ts';
import type { CertificateFault } from '../config.ts';
import { type ComparableName, permitsNames } from './name-constraints.ts';
import { type CertificateOutline, sameBytes } from './outline.ts';
import { constrainedNames, type ParsedCertificate, parseCertificate } from './parsed-certificate.ts';
import { hasValidPolicy } from './policies.ts';
import { checkCertificate, checkIssuer, fault, type Purpose } from './rules.ts';
import { readCertificateSignature, signatureCost } from './signature-algorithm.ts';
import type { TrustAnchors } from './trust-anchors.ts';
import { unknownIssuer } from './unknown-issuer.ts';
import type { Work } from './work.ts';

/** The certificates, and the limits, of a search for a path. */
export interface ChainSearch {
  readonly crypto: CryptoProvider;
  readonly purpose: Purpose;
  readonly unixTimeMs: number;
  readonly anchors: TrustAnchors;
  /** Certificates from the peer that may lead from the leaf to an anchor, in any order. */
  readonly intermediates: readonly CertificateOutline[];
  readonly work: Work;
  /** Is told of the path that was found, leaf first, with the anchor. */
  readonly onValid?: ((path: readonly ParsedCertificate[]) => void) | undefined;
}

/**
 * Search a path from the leaf to an anchor: returns undefined when there is one, else the fault that says
 * most. RFC 5280 §6
 *
 * Throws a `BudgetSpent` when the search takes too much work.
 */
export function findPath(search: ChainSearch, leaf: ParsedCertificate): CertificateFault | undefined {
  return new PathFinder(search).extend([leaf]);
}

/**
 * A depth-first search that tries anchors before intermediates. The rules for each certificate are checked on
 * the way up; what an issuer imposes on all certificates below it (names, policies) is checked only when a
 * path has reached an anchor (RFC 5280 §6.1), because the cost of that comparison is the product of both
 * sides' contents.
 */
class PathFinder {
  private readonly search: ChainSearch;
  private readonly parsed = new Map<CertificateOutline, ParsedCertificate | CertificateFault>();
  private readonly candidates = new Map<CertificateOutline, readonly CertificateOutline[]>();
  private readonly signatures = new Map<CertificateOutline, Map<CertificateOutline, boolean>>();
  private readonly names = new Map<ParsedCertificate, readonly ComparableName[]>();

  constructor(search: ChainSearch) {
    this.search = search;
  }

  /** @param path - the certificates so far, leaf first. */
  extend(path: readonly ParsedCertificate[]): CertificateFault | undefined {
    const { anchors, work } = this.search;
    const child = path.at(-1)!;
    let worst: CertificateFault | undefined;
    for (const anchor of anchors.named(child.outline.issuer)) {
      work.spend('branches', 1);
      const found =
        this.step(path, anchors.parsed(anchor), true) ?? this.checkPath(path, anchors.parsed(anchor));
      if (found === undefined) return undefined;
      worst ??= found;
    }
    for (const candidate of this.candidatesFor(child.outline)) {
      if (path.some(({ outline }) => outline === candidate)) continue;
      if (path.length === MAX_PATH) return worst ?? tooLong(path[0]!);
      work.spend('branches', 1);
      const issuer = this.parse(candidate, child);
      const found = this.step(path, issuer, false) ?? this.extend([...path, issuer as ParsedCertificate]);
      if (found === undefined) return undefined;
      if (worst === undefined || worst.reason === 'issuer') worst = found;
    }
    return worst ?? unknownIssuer(child, anchors, path.length > 1);
  }

  /**
   * The fault of `issuer` above `path`, or undefined when it may issue the last certificate of the path, and
   * has signed it.
   */
  private step(
    path: readonly ParsedCertificate[],
    issuer: ParsedCertificate | CertificateFault,
    isAnchor: boolean,
  ): CertificateFault | undefined {
    if ('alert' in issuer) return issuer;
    const { purpose, unixTimeMs } = this.search;
    return (
      checkCertificate(issuer, purpose, unixTimeMs) ??
      checkIssuer(issuer, path, isAnchor) ??
      this.checkSignature(path.at(-1)!, issuer)
    );
  }

  private checkSignature(child: ParsedCertificate, issuer: ParsedCertificate): CertificateFault | undefined {
    const { signatureAlgorithm, signed, signature } = child.outline;
    const { publicKey } = issuer.outline;
    const algorithm = readCertificateSignature(signatureAlgorithm, publicKey);
    if (algorithm === undefined) {
      const message = `the certificate of '${child.subject}' is signed with an algorithm that is not supported`;
      return fault('form', Alert.UnsupportedCertificate, message);
    }
    const known = this.signatures.get(child.outline) ?? new Map<CertificateOutline, boolean>();
    this.signatures.set(child.outline, known);
    let fits = known.get(issuer.outline);
    if (fits === undefined) {
      this.search.work.spend('signatures', signatureCost(publicKey, signed.length));
      const { scheme, saltLength } = algorithm;
      fits = this.search.crypto.verifySignature(scheme, publicKey, signed, signature, saltLength);
      known.set(issuer.outline, fits);
    }
    if (fits) return undefined;
    const message = `the certificate of '${child.subject}' is not signed by the key of '${issuer.subject}', whom it names: another key has that name, or the certificate was changed`;
    return fault('signature', Alert.BadCertificate, message);
  }

  /**
   * Check what the issuers of a whole path impose on all certificates below them. RFC 5280 §6.1.3 (b) to (f)
   */
  private checkPath(
    path: readonly ParsedCertificate[],
    anchor: ParsedCertificate | CertificateFault,
  ): CertificateFault | undefined {
    if ('alert' in anchor) return anchor;
    const { work } = this.search;
    const whole = [...path, anchor];
    for (let at = whole.length - 1; at > 0; at--) {
      const refused = this.checkNames(whole[at]!, whole.slice(0, at));
      if (refused !== undefined) return refused;
    }
    if (hasValidPolicy(path.toReversed(), work)) {
      this.search.onValid?.(whole);
      return undefined;
    }
    const message = `an issuer of '${path[0]!.subject}' demands a certificate policy, and none holds all along the chain`;
    return fault('authority', Alert.BadCertificate, message);
  }

  private checkNames(
    issuer: ParsedCertificate,
    below: readonly ParsedCertificate[],
  ): CertificateFault | undefined {
    const { constraints, subject } = issuer;
    if (constraints === undefined) return undefined;
    for (const [at, certificate] of below.entries()) {
      // Self-issued certificates other than the leaf are exempt. RFC 5280 §4.2.1.10
      if (at > 0 && certificate.outline.isSelfIssued) continue;
      if (permitsNames(constraints, this.namesOf(certificate), this.search.work)) continue;
      const message = `'${subject}' may not vouch for the names of '${certificate.subject}': its nameConstraints do not permit them`;
      return fault('authority', Alert.BadCertificate, message);
    }
    return undefined;
  }

  private namesOf(certificate: ParsedCertificate): readonly ComparableName[] {
    const names = this.names.get(certificate) ?? constrainedNames(certificate, this.search.work);
    this.names.set(certificate, names);
    return names;
  }

  /** The peer's certificates whose subject is the issuer of `child`. */
  private candidatesFor(child: CertificateOutline): readonly CertificateOutline[] {
    let found = this.candidates.get(child);
    if (found === undefined) {
      const { intermediates, work } = this.search;
      found = intermediates.filter((candidate) => {
        if (candidate.subject.length !== child.issuer.length) return false;
        work.spend('comparisons', 1 + (child.issuer.length >> 6));
        return sameBytes(candidate.subject, child.issuer);
      });
      this.candidates.set(child, found);
    }
    return found;
  }

  private parse(outline: CertificateOutline, child: ParsedCertificate): ParsedCertificate | CertificateFault {
    let result = this.parsed.get(outline);
    if (result === undefined) {
      result = tryParse(outline, `a certificate above '${child.subject}'`, this.search.work);
      this.parsed.set(outline, result);
    }
    return result;
  }
}

/** The parsed certificate, or the fault of a malformed one. */
export function tryParse(
  outline: CertificateOutline,
  name: string,
  work?: Work,
): ParsedCertificate | CertificateFault {
  try {
    return parseCertificate(outline, work);
  } catch (error) {
    if (error instanceof DerError) return malformed(name, error);
    throw error;
  }
}

/** The fault of a malformed certificate. */
export function malformed(name: string, error: DerError): CertificateFault {
  return fault('form', Alert.BadCertificate, `${name} is malformed: ${error.message}`);
}

function tooLong(leaf: ParsedCertificate): CertificateFault {
  const message = `the chain of '${leaf.subject}' has more than ${MAX_PATH} certificates below a trusted one`;
  return fault('authority', Alert.UnknownCa, message);
}

/**
 * Longest path, in certificates below the anchor. Nobody needs more than four, the public interop runner sends nine, and what a
 * search costs is bounded by its work.
 */
const MAX_PATH = 10;
