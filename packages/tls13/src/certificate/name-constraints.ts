import { DerError, DerReader, DerTag } from '@tsquic/bytes/der';
import { relativeNames } from './distinguished-name.ts';
import { dnsNameOf, type GeneralName, NameForm, nextGeneralName } from './general-name.ts';
import type { Work } from './work.ts';

/** The names that an authority may issue certificates for, RFC 5280 §4.2.1.10. */
export interface NameConstraints {
  readonly permitted: readonly ComparableName[];
  readonly excluded: readonly ComparableName[];
}

/** A name, or the base of a subtree, in a form for comparisons, which is computed once. */
export interface ComparableName {
  readonly form: number;
  /** DNS name in lower case; '' for other forms. */
  readonly text: string;
  /** IP address, or address and mask together. */
  readonly bytes: Uint8Array;
  /** Relative names of a directory name. */
  readonly parts: readonly string[];
  /** Whether the name can be compared. One that cannot is not permitted when its form is constrained. */
  readonly isComparable: boolean;
}

/**
 * Read the content of a nameConstraints extension. Throws a DerError for one that is malformed or empty:
 * ignoring a part of it would permit names that its author excluded.
 */
export function decodeNameConstraints(extension: Uint8Array, work?: Work): NameConstraints {
  const outer = new DerReader(extension, work);
  const reader = outer.enter(DerTag.Sequence);
  outer.finish();
  if (reader.isAtEnd) throw new DerError('nameConstraints is empty');
  const permitted = subtrees(reader.enterOptional(PERMITTED), work);
  const excluded = subtrees(reader.enterOptional(EXCLUDED), work);
  reader.finish();
  return { permitted, excluded };
}

/** A certificate's name in the form for comparisons. */
export function comparableName(name: GeneralName, work?: Work): ComparableName {
  return comparable(name, false, work);
}

/**
 * Whether all of `names` are permitted. A name is not permitted when it, or a constraint of its form, cannot
 * be compared.
 *
 * @param work - counts every comparison before it is made.
 */
export function permitsNames(
  constraints: NameConstraints,
  names: readonly ComparableName[],
  work: Work,
): boolean {
  return [...new Set(names.map(({ form }) => form))].every((form) => {
    const ofForm = (list: readonly ComparableName[]): ComparableName[] =>
      list.filter((name) => name.form === form);
    const [permitted, excluded] = [ofForm(constraints.permitted), ofForm(constraints.excluded)];
    if (permitted.length + excluded.length === 0) return true;
    const all = [...permitted, ...excluded, ...ofForm(names)];
    return (
      all.every(({ isComparable }) => isComparable) &&
      ofForm(names).every((name) => permitsName(name, permitted, excluded, work))
    );
  });
}

function permitsName(
  name: ComparableName,
  permitted: readonly ComparableName[],
  excluded: readonly ComparableName[],
  work: Work,
): boolean {
  work.spend('comparisons', excluded.length);
  const isWildcard = name.form === NameForm.Dns && name.text.startsWith('*.');
  for (const base of excluded) {
    if (isWithin(name, base, work) || (isWildcard && mayExpandInto(name, base))) return false;
  }
  if (permitted.length === 0) return true;
  work.spend('comparisons', permitted.length);
  for (const base of permitted) if (isWithin(name, base, work)) return true;
  return false;
}

function subtrees(reader: DerReader | undefined, work: Work | undefined): ComparableName[] {
  if (reader === undefined) return [];
  if (reader.isAtEnd) throw new DerError('a list of name constraints is empty');
  const bases: ComparableName[] = [];
  while (!reader.isAtEnd) {
    const subtree = reader.enter(DerTag.Sequence);
    const base = comparable(nextGeneralName(subtree), true, work);
    // The minimum must be 0 and the maximum absent. RFC 5280 §4.2.1.10
    if (!subtree.isAtEnd) throw new DerError('a name constraint has bounds');
    bases.push(base);
  }
  return bases;
}

function comparable({ form, value }: GeneralName, isBase: boolean, work: Work | undefined): ComparableName {
  const none = { form, text: '', bytes: NO_BYTES, parts: [], isComparable: false };
  switch (form) {
    case NameForm.Dns: {
      const text = dnsNameOf({ form, value });
      return { ...none, text, isComparable: (isBase ? DNS_BASE : DNS_NAME).test(text) };
    }
    case NameForm.Ip:
      return { ...none, bytes: value, isComparable: isBase ? isAddressRange(value) : isAddress(value) };
    case NameForm.Directory:
      return directory(none, value, work);
    default:
      return none;
  }
}

function directory(none: ComparableName, value: Uint8Array, work: Work | undefined): ComparableName {
  try {
    return { ...none, parts: relativeNames(value, work), isComparable: true };
  } catch (error) {
    if (error instanceof DerError) return none;
    throw error;
  }
}

function isWithin(name: ComparableName, base: ComparableName, work: Work): boolean {
  switch (name.form) {
    case NameForm.Dns:
      return isDnsWithin(name.text, base.text);
    case NameForm.Ip:
      return isIpWithin(name.bytes, base.bytes);
    default:
      return isDirectoryWithin(name.parts, base.parts, work);
  }
}

/** The lengths are compared first: they differ nearly always, and cost least. */
function isDnsWithin(name: string, base: string): boolean {
  const above = name.length - base.length;
  if (above < 0) return false;
  if (above === 0) return name === base;
  if (base === '' || base.startsWith('.')) return name.endsWith(base);
  return name.charCodeAt(above - 1) === DOT && name.endsWith(base);
}

/** Whether a wildcard name, which is not below `base` itself, may stand for one that is. */
function mayExpandInto(name: ComparableName, base: ComparableName): boolean {
  return base.text.endsWith(name.text.slice(1));
}

/** `base` is an address and a mask of the same length together. */
function isIpWithin(address: Uint8Array, base: Uint8Array): boolean {
  const { length } = address;
  if (base.length !== 2 * length) return false;
  for (let i = 0; i < length; i++) if (((address[i]! ^ base[i]!) & base[length + i]!) !== 0) return false;
  return true;
}

/** The base's relative names must be the first ones of the name. */
function isDirectoryWithin(name: readonly string[], base: readonly string[], work: Work): boolean {
  if (base.length > name.length) return false;
  for (const [at, part] of base.entries()) {
    work.spend('comparisons', 1 + (part.length >> 6));
    if (part !== name[at]) return false;
  }
  return true;
}

function isAddress(bytes: Uint8Array): boolean {
  return bytes.length === 4 || bytes.length === 16;
}

/** Whether the bytes are an address and a mask whose ones come before its zeros, RFC 4632 §3.1. */
function isAddressRange(bytes: Uint8Array): boolean {
  if (bytes.length !== 8 && bytes.length !== 32) return false;
  let ended = false;
  for (const byte of bytes.subarray(bytes.length / 2)) {
    if (ended && byte !== 0) return false;
    const zeros = ~byte & 0xff;
    if ((zeros & (zeros + 1)) !== 0) return false;
    ended = byte !== 0xff;
  }
  return true;
}

const NO_BYTES = new Uint8Array(0);
const DOT = 0x2e;
const PERMITTED = 0xa0;
const EXCLUDED = 0xa1;
/**
 * The form of host names; a base may also be empty, for all names, or begin with a dot. RFC 5280 §4.2.1.10
 */
const DNS_NAME = /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
const DNS_BASE = /^(?:\.?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)?$/;
