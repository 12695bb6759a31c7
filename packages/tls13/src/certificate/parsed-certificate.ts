import { describeName } from './distinguished-name.ts';
import { type CertificateExtensions, readExtensions } from './extensions.ts';
import { NameForm } from './general-name.ts';
import { type ComparableName, comparableName } from './name-constraints.ts';
import { DerError } from './der.ts';
import type { CertificateOutline } from './outline.ts';
import { readValidity, type Validity } from './validity.ts';
import type { Work } from './work.ts';

/** What the rules of RFC 5280 §6 look at. */
export interface ParsedCertificate extends Readonly<CertificateExtensions>, Validity {
  readonly outline: CertificateOutline;
  /** Subject and issuer for people, bounded. */
  readonly subject: string;
  readonly issuer: string;
}

/** Parse the rest of a certificate. Throws a DerError for what is malformed. */
export function parseCertificate(outline: CertificateOutline, work?: Work): ParsedCertificate {
  const { version, extensions } = outline;
  if (extensions !== undefined && version !== 2)
    throw new DerError(`a certificate of version ${version + 1} has extensions`);
  return {
    outline,
    subject: describeName(outline.subject),
    issuer: describeName(outline.issuer),
    ...readValidity(outline.validity),
    ...readExtensions(extensions, work),
  };
}

/** The names that name constraints apply to: all subjectAltNames, and the subject unless it is empty. */
export function constrainedNames(certificate: ParsedCertificate, work: Work): readonly ComparableName[] {
  const { subject } = certificate.outline;
  const names = certificate.names.map((name) => comparableName(name, work));
  if (subject.length > EMPTY_NAME_LENGTH)
    names.push(comparableName({ form: NameForm.Directory, value: subject }, work));
  return names;
}

/** A SEQUENCE without content. */
const EMPTY_NAME_LENGTH = 2;
