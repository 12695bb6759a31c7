import { DerError } from '@tsquic/bytes/der';
import { describeName } from './distinguished-name.ts';
import { type CertificateExtensions, readExtensions } from './extensions.ts';
import { NameForm } from './general-name.ts';
import { type ComparableName, comparableName } from './name-constraints.ts';
import type { CertificateOutline } from './outline.ts';
import { readValidity, type Validity } from './validity.ts';
import type { Work } from './work.ts';

/** The parts of a certificate that the rules of RFC 5280 §6 need. */
export interface ParsedCertificate extends Readonly<CertificateExtensions>, Validity {
  readonly outline: CertificateOutline;
  /** Subject and issuer as text for messages, of bounded length. */
  readonly subject: string;
  readonly issuer: string;
}

/** Parse the rest of a certificate. Throws a DerError when it is malformed. */
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

/**
 * The names that name constraints apply to: all subjectAltNames, and the subject unless it is empty. A mail
 * address in the subject counts as a name of that form when there is no other. RFC 5280 §4.2.1.10
 */
export function constrainedNames(certificate: ParsedCertificate, work: Work): readonly ComparableName[] {
  const { subject } = certificate.outline;
  const names = certificate.names.map((name) => comparableName(name, work));
  if (subject.length <= EMPTY_NAME_LENGTH) return names;
  const directory = comparableName({ form: NameForm.Directory, value: subject }, work);
  names.push(directory);
  const mayHoldMail = !directory.isComparable || directory.parts.some((part) => part.includes(EMAIL_ADDRESS));
  if (mayHoldMail && !names.some(({ form }) => form === NameForm.Email))
    names.push({ ...directory, form: NameForm.Email, isComparable: false });
  return names;
}

/** The beginning of a relative name of type emailAddress. */
const EMAIL_ADDRESS = '2a864886f70d010901=';
/** Length of an empty SEQUENCE. */
const EMPTY_NAME_LENGTH = 2;
