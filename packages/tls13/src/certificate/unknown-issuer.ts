import { Alert } from '../alerts.ts';
import type { CertificateFault } from '../config.ts';
import { looksAlike } from './distinguished-name.ts';
import type { ParsedCertificate } from './parsed-certificate.ts';
import { fault } from './rules.ts';
import type { TrustAnchors } from './trust-anchors.ts';

/**
 * The fault of a path that ends at `child`, because no certificate of its issuer is trusted or was sent.
 *
 * @param isAbove - whether `child` is an issuer itself, not the leaf.
 */
export function unknownIssuer(
  child: ParsedCertificate,
  anchors: TrustAnchors,
  isAbove: boolean,
): CertificateFault {
  const { subject, issuer, outline } = child;
  const trusted = `is not among the ${anchors.count} trusted ones`;
  if (outline.isSelfIssued)
    return unknown(`the self-signed certificate of '${subject}' ${trusted}: trust it, or have it signed`);
  if (anchors.names.some((name) => looksAlike(name, outline.issuer))) {
    return unknown(
      `the issuer '${issuer}' of the certificate of '${subject}' is trusted under a name that reads the same and is encoded otherwise (string types, case or spaces): one of the two certificates must be made anew`,
    );
  }
  const cure = isAbove
    ? 'its root is not trusted here, or the chain lacks a certificate'
    : 'the chain may lack this intermediate, or its root is not trusted here';
  return unknown(
    `the issuer '${issuer}' of the certificate of '${subject}' was not sent and ${trusted}: ${cure}`,
  );
}

function unknown(message: string): CertificateFault {
  return fault('issuer', Alert.UnknownCa, message);
}
