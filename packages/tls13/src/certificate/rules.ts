import { Alert } from '../alerts.ts';
import type { CertificateFault } from '../config.ts';
import { describeNames } from './general-name.ts';
import { matchesHost } from './host-name.ts';
import { permitsNames } from './name-constraints.ts';
import { sameBytes } from './outline.ts';
import { constrainedNames, type ParsedCertificate } from './parsed-certificate.ts';

/** What a chain is judged for. */
export type Purpose = 'server' | 'client';

/** What holds for every certificate of a chain: validity, purpose, nothing critical that is not understood. */
export function checkCertificate(
  certificate: ParsedCertificate,
  purpose: Purpose,
  unixTimeMs: number,
): CertificateFault | undefined {
  const { subject, notBefore, notAfter, unknownCritical, purposes } = certificate;
  if (unixTimeMs < notBefore.getTime()) {
    return fault(
      Alert.CertificateExpired,
      `the certificate of '${subject}' is not valid before ${day(notBefore)}`,
    );
  }
  if (unixTimeMs > notAfter.getTime()) {
    return fault(Alert.CertificateExpired, `the certificate of '${subject}' expired on ${day(notAfter)}`);
  }
  if (unknownCritical !== undefined) {
    const reason = `a critical extension (${unknownCritical}) that is not understood`;
    return fault(Alert.UnsupportedCertificate, `the certificate of '${subject}' has ${reason}`);
  }
  if (purposes !== undefined && !purposes.includes(PURPOSE_OID[purpose]) && !purposes.includes(ANY_PURPOSE)) {
    return fault(
      Alert.UnsupportedCertificate,
      `the certificate of '${subject}' is not meant for TLS ${purpose}s`,
    );
  }
  return undefined;
}

/** What holds for the leaf besides: it signs, and it carries the host's name (unless that is ''). RFC 9525 */
export function checkLeaf(leaf: ParsedCertificate, host: string): CertificateFault | undefined {
  if (leaf.keyUsage !== undefined && (leaf.keyUsage & DIGITAL_SIGNATURE) === 0) {
    return fault(Alert.UnsupportedCertificate, `the key of '${leaf.subject}' is not meant for signatures`);
  }
  if (host === '' || matchesHost(leaf.names, host)) return undefined;
  return fault(Alert.BadCertificate, `the certificate is for ${describeNames(leaf.names)}, not for ${host}`);
}

/**
 * What holds for the issuer of a path besides: it is an authority, may stand that high, and vouches for
 * such names.
 *
 * @param below - the path under it, leaf first.
 */
export function checkIssuer(
  issuer: ParsedCertificate,
  below: readonly ParsedCertificate[],
  isAnchor: boolean,
): CertificateFault | undefined {
  const { subject, isAuthority, keyUsage, pathLength, constraints } = issuer;
  // Old roots have no basicConstraints; who configured them as anchors trusts them as authorities.
  if (isAuthority !== true && !(isAnchor && isAuthority === undefined)) {
    return fault(Alert.BadCertificate, `'${subject}' is not a certificate authority`);
  }
  if (keyUsage !== undefined && (keyUsage & KEY_CERT_SIGN) === 0) {
    return fault(Alert.BadCertificate, `the key of '${subject}' may not sign certificates`);
  }
  const intermediates = below.slice(1).filter((certificate) => !isSelfIssued(certificate));
  if (pathLength !== undefined && intermediates.length > pathLength) {
    return fault(
      Alert.BadCertificate,
      `'${subject}' allows ${pathLength} intermediates under it, not ${intermediates.length}`,
    );
  }
  if (constraints === undefined) return undefined;
  for (const [at, certificate] of below.entries()) {
    // RFC 5280 §4.2.1.10: self-issued certificates are exempt, but for the leaf.
    if (at > 0 && isSelfIssued(certificate)) continue;
    if (!permitsNames(constraints, constrainedNames(certificate))) {
      return fault(
        Alert.BadCertificate,
        `'${subject}' may not vouch for the names of '${certificate.subject}'`,
      );
    }
  }
  return undefined;
}

function isSelfIssued({ outline }: ParsedCertificate): boolean {
  return sameBytes(outline.subject, outline.issuer);
}

function fault(alert: Alert, message: string): CertificateFault {
  return { alert, message };
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

const PURPOSE_OID: Readonly<Record<Purpose, string>> = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
};
const ANY_PURPOSE = '2.5.29.37.0';
/** Flags as the parser numbers them. */
const DIGITAL_SIGNATURE = 1;
const KEY_CERT_SIGN = 32;
