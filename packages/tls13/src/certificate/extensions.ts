import { fromHex } from '@tsquic/bytes';
import { DerError, DerReader, DerTag } from '@tsquic/bytes/der';
import { decodeGeneralNames, type GeneralName } from './general-name.ts';
import { decodeNameConstraints, type NameConstraints } from './name-constraints.ts';
import { describeIdentifier } from './object-identifier.ts';
import {
  decodeInhibitAnyPolicy,
  decodePolicies,
  decodePolicyConstraints,
  decodePolicyMappings,
  type PolicyConstraints,
  type PolicyMapping,
} from './policy-extensions.ts';
import type { Work } from './work.ts';

/** The extensions of a certificate that the rules of RFC 5280 §6 need. Absent ones are undefined. */
export interface CertificateExtensions {
  /** The cA flag of basicConstraints. */
  isAuthority: boolean | undefined;
  pathLength: number | undefined;
  /** The first eight flags of keyUsage, digitalSignature in the highest bit. */
  keyUsage: number | undefined;
  /** Object identifiers of extKeyUsage, hexadecimal. */
  purposes: readonly string[] | undefined;
  /** subjectAltName. */
  names: readonly GeneralName[];
  constraints: NameConstraints | undefined;
  /** Policies of certificatePolicies, hexadecimal. */
  policies: readonly string[] | undefined;
  policyMappings: readonly PolicyMapping[];
  policyConstraints: PolicyConstraints | undefined;
  /** inhibitAnyPolicy: how many certificates may follow before anyPolicy is ignored. */
  inhibitAnyPolicy: number | undefined;
  /** The identifier, as text, of a critical extension that is not supported. */
  unknownCritical: string | undefined;
}

/**
 * Read Extensions, the content of the [3]. Throws a DerError for a supported extension that is malformed.
 * RFC 5280 §4.2
 */
export function readExtensions(content: Uint8Array | undefined, work?: Work): CertificateExtensions {
  const into: CertificateExtensions = {
    isAuthority: undefined,
    pathLength: undefined,
    keyUsage: undefined,
    purposes: undefined,
    names: [],
    constraints: undefined,
    policies: undefined,
    policyMappings: [],
    policyConstraints: undefined,
    inhibitAnyPolicy: undefined,
    unknownCritical: undefined,
  };
  if (content === undefined) return into;
  const outer = new DerReader(content, work);
  const list = outer.enter(DerTag.Sequence);
  outer.finish();
  if (list.isAtEnd) throw new DerError('the list of extensions is empty');
  const seen: string[] = [];
  while (!list.isAtEnd) readExtension(list.enter(DerTag.Sequence), into, seen, work);
  return into;
}

function readExtension(
  extension: DerReader,
  into: CertificateExtensions,
  seen: string[],
  work: Work | undefined,
): void {
  const type = extension.identifier();
  const critical = extension.nextTag === DerTag.Boolean ? extension.boolean() : false;
  const value = extension.element(DerTag.OctetString).content;
  extension.finish();
  // An extension may occur only once. RFC 5280 §4.2
  if (seen.includes(type)) throw new DerError('an extension stands twice');
  if (seen.length >= MAX_EXTENSIONS) throw new DerError(`it has more than ${MAX_EXTENSIONS} extensions`);
  seen.push(type);
  const read = READERS[type];
  if (read === undefined) {
    if (critical) into.unknownCritical ??= describeIdentifier(fromHex(type));
    return;
  }
  const understood = read(value, into, work);
  if (!understood && critical) into.unknownCritical ??= describeIdentifier(fromHex(type));
}

/** Stores the content of an extension in the record; returns false when a part of it is not supported. */
type ExtensionReader = (value: Uint8Array, into: CertificateExtensions, work: Work | undefined) => boolean;

/** Readers by object identifier, hexadecimal. */
const READERS: Readonly<Record<string, ExtensionReader>> = {
  '551d0f': (value, into) => {
    into.keyUsage = decodeKeyUsage(value);
    return true;
  },
  '551d11': (value, into, work) => {
    into.names = decodeGeneralNames(value, work);
    return true;
  },
  '551d13': (value, into) => {
    const reader = onlySequence(value);
    into.isAuthority = reader.nextTag === DerTag.Boolean ? reader.boolean() : false;
    if (reader.nextTag === DerTag.Integer) into.pathLength = reader.unsigned();
    reader.finish();
    return true;
  },
  '551d1e': (value, into, work) => {
    into.constraints = decodeNameConstraints(value, work);
    return true;
  },
  '551d20': (value, into, work) => {
    const { policies, qualifiersKnown } = decodePolicies(value, work);
    into.policies = policies;
    return qualifiersKnown;
  },
  '551d21': (value, into, work) => {
    into.policyMappings = decodePolicyMappings(value, work);
    return true;
  },
  '551d24': (value, into) => {
    into.policyConstraints = decodePolicyConstraints(value);
    return true;
  },
  '551d25': (value, into, work) => {
    const reader = onlySequence(value, work);
    const purposes: string[] = [];
    while (!reader.isAtEnd) purposes.push(reader.identifier());
    if (purposes.length === 0) throw new DerError('extKeyUsage names no purpose');
    into.purposes = purposes;
    return true;
  },
  '551d36': (value, into) => {
    into.inhibitAnyPolicy = decodeInhibitAnyPolicy(value);
    return true;
  },
};

function onlySequence(value: Uint8Array, work?: Work): DerReader {
  const outer = new DerReader(value, work);
  const reader = outer.enter(DerTag.Sequence);
  outer.finish();
  return reader;
}

/** KeyUsage, a BIT STRING with at least one bit set. RFC 5280 §4.2.1.3 */
function decodeKeyUsage(value: Uint8Array): number {
  const reader = new DerReader(value);
  const { content } = reader.element(DerTag.BitString);
  reader.finish();
  const [unused, first] = content;
  if (unused === undefined || first === undefined || unused > 7 || content.length > 3)
    throw new DerError('keyUsage is malformed');
  return first;
}

/** Bound on the number of extensions; a usual certificate has about ten. */
const MAX_EXTENSIONS = 64;
