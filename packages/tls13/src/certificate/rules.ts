import { Alert } from '../alerts.ts';
import type { CertificateFault, FaultReason } from '../config.ts';
import { describeTime } from './calendar.ts';
import { describeNames } from './general-name.ts';
import { hasAddressAsDnsName, matchesHost } from './host-name.ts';
import type { ParsedCertificate } from './parsed-certificate.ts';

/** The end of TLS that a chain is judged for. */
export type Purpose = 'server' | 'client';

/**
 * The rules for every certificate of a chain: validity, purpose, and no critical extension that is not
 * supported.
 */
export function checkCertificate(
  certificate: ParsedCertificate,
  purpose: Purpose,
  unixTimeMs: number,
): CertificateFault | undefined {
  const { subject, notBeforeMs, notAfterMs, unknownCritical, purposes } = certificate;
  if (unixTimeMs < notBeforeMs) {
    const from = `the certificate of '${subject}' is not valid before ${describeTime(notBeforeMs)}`;
    return fault(
      'time',
      Alert.CertificateExpired,
      `${from}; the clock here says ${describeTime(unixTimeMs)}: one of the two is wrong`,
    );
  }
  if (unixTimeMs > notAfterMs) {
    const until = `the certificate of '${subject}' expired on ${describeTime(notAfterMs)}`;
    return fault(
      'time',
      Alert.CertificateExpired,
      `${until}; the clock here says ${describeTime(unixTimeMs)}: the certificate must be renewed, or the clock set`,
    );
  }
  if (unknownCritical !== undefined) {
    const reason = `a critical extension (${unknownCritical}) that is not understood`;
    return fault('form', Alert.UnsupportedCertificate, `the certificate of '${subject}' has ${reason}`);
  }
  if (purposes !== undefined && !purposes.includes(PURPOSE_OID[purpose]) && !purposes.includes(ANY_PURPOSE)) {
    return fault(
      'purpose',
      Alert.UnsupportedCertificate,
      `the certificate of '${subject}' is not meant for TLS ${purpose}s: its extKeyUsage lacks ${purpose}Auth`,
    );
  }
  return undefined;
}

/** The further rules for the leaf: it may sign, and it has the host's name (unless that is ''). RFC 9525 */
export function checkLeaf(leaf: ParsedCertificate, host: string): CertificateFault | undefined {
  if (leaf.keyUsage !== undefined && (leaf.keyUsage & DIGITAL_SIGNATURE) === 0) {
    return fault(
      'purpose',
      Alert.UnsupportedCertificate,
      `the key of '${leaf.subject}' is not meant for signatures: its keyUsage lacks digitalSignature`,
    );
  }
  if (host === '' || matchesHost(leaf.names, host)) return undefined;
  const cure = hasAddressAsDnsName(leaf.names, host)
    ? `the certificate has ${host} as a DNS name, where an address does not count: it must be made anew with IP:${host}`
    : `the certificate is for ${describeNames(leaf.names)}, not for ${host}`;
  return fault('name', Alert.BadCertificate, cure);
}

/**
 * The further rules for the issuer of a path: it is an authority, and may be that far above the leaf.
 *
 * @param below - the path under it, leaf first.
 */
export function checkIssuer(
  issuer: ParsedCertificate,
  below: readonly ParsedCertificate[],
  isAnchor: boolean,
): CertificateFault | undefined {
  const { subject, isAuthority, keyUsage, pathLength } = issuer;
  // Old roots have no basicConstraints; a program that configures one as an anchor trusts it as an authority.
  if (isAuthority !== true && !(isAnchor && isAuthority === undefined)) {
    return fault(
      'authority',
      Alert.BadCertificate,
      `'${subject}' is not a certificate authority: its basicConstraints do not say cA`,
    );
  }
  if (keyUsage !== undefined && (keyUsage & KEY_CERT_SIGN) === 0) {
    return fault(
      'authority',
      Alert.BadCertificate,
      `the key of '${subject}' may not sign certificates: its keyUsage lacks keyCertSign`,
    );
  }
  const intermediates = below.slice(1).filter(({ outline }) => !outline.isSelfIssued);
  if (pathLength !== undefined && intermediates.length > pathLength) {
    return fault(
      'authority',
      Alert.BadCertificate,
      `'${subject}' allows ${pathLength} intermediates under it, not ${intermediates.length}`,
    );
  }
  return undefined;
}

/** A fault of a certificate or chain. */
export function fault(reason: FaultReason, alert: Alert, message: string): CertificateFault {
  return { alert, message, reason };
}

const PURPOSE_OID: Readonly<Record<Purpose, string>> = {
  server: '2b06010505070301',
  client: '2b06010505070302',
};
/** anyExtendedKeyUsage, 2.5.29.37.0. */
const ANY_PURPOSE = '551d2500';
/** Flags of keyUsage, as in `CertificateExtensions`. */
const DIGITAL_SIGNATURE = 0x80;
const KEY_CERT_SIGN = 0x04;
