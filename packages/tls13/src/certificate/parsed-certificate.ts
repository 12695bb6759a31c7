import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsagesExtension,
  X509Certificate,
} from '@peculiar/x509';
import { decodeGeneralNames, type GeneralName, NameForm } from './general-name.ts';
import { decodeNameConstraints, type NameConstraints } from './name-constraints.ts';
import type { CertificateOutline } from './outline.ts';

/** What the rules of RFC 5280 §6 look at. */
export interface ParsedCertificate {
  readonly outline: CertificateOutline;
  /** Subject and issuer for people. */
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** basicConstraints; undefined when the extension is absent. */
  readonly isAuthority: boolean | undefined;
  readonly pathLength: number | undefined;
  /** Flags of keyUsage; undefined when the extension is absent. */
  readonly keyUsage: number | undefined;
  /** OIDs of extKeyUsage; undefined when the extension is absent. */
  readonly purposes: readonly string[] | undefined;
  /** subjectAltName. */
  readonly names: readonly GeneralName[];
  readonly constraints: NameConstraints | undefined;
  /** OID of a critical extension that is not understood. */
  readonly unknownCritical: string | undefined;
}

/** Parse the rest of a certificate. Throws for what is malformed: an Error of the parser's, or a DerError. */
export function parseCertificate(outline: CertificateOutline): ParsedCertificate {
  const certificate = new X509Certificate(new Uint8Array(outline.der));
  const { extensions } = certificate;
  rejectDuplicates(extensions);
  const basic = certificate.getExtension(BasicConstraintsExtension);
  const usage = certificate.getExtension(KeyUsagesExtension);
  const purposes = certificate.getExtension(ExtendedKeyUsageExtension);
  const names = contentOf(extensions, SUBJECT_ALT_NAME);
  const constraints = contentOf(extensions, NAME_CONSTRAINTS);
  return {
    outline,
    subject: certificate.subject,
    issuer: certificate.issuer,
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    isAuthority: basic?.ca,
    pathLength: basic?.pathLength,
    keyUsage: usage?.usages,
    purposes: purposes?.usages.map(String),
    names: names === undefined ? [] : decodeGeneralNames(names),
    constraints: constraints === undefined ? undefined : decodeNameConstraints(constraints),
    unknownCritical: extensions.find(
      (extension) => extension.critical && !UNDERSTOOD.includes(extension.type),
    )?.type,
  };
}

/** The names that name constraints apply to: all subjectAltNames, and the subject unless it is empty. */
export function constrainedNames(certificate: ParsedCertificate): readonly GeneralName[] {
  const { subject } = certificate.outline;
  if (subject.length <= EMPTY_NAME_LENGTH) return certificate.names;
  return [...certificate.names, { form: NameForm.Directory, value: subject }];
}

/** RFC 5280 §4.2: one of a kind. */
function rejectDuplicates(extensions: readonly Extension[]): void {
  const types = new Set(extensions.map((extension) => extension.type));
  if (types.size < extensions.length) throw new Error('an extension stands twice');
}

function contentOf(extensions: readonly Extension[], type: string): Uint8Array | undefined {
  const extension = extensions.find((candidate) => candidate.type === type);
  return extension === undefined ? undefined : new Uint8Array(extension.value);
}

const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
const EXT_KEY_USAGE = '2.5.29.37';
const SUBJECT_ALT_NAME = '2.5.29.17';
const NAME_CONSTRAINTS = '2.5.29.30';
const UNDERSTOOD: readonly string[] = [
  BASIC_CONSTRAINTS,
  KEY_USAGE,
  EXT_KEY_USAGE,
  SUBJECT_ALT_NAME,
  NAME_CONSTRAINTS,
];
/** A SEQUENCE without content. */
const EMPTY_NAME_LENGTH = 2;
