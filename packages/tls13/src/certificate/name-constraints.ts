import { toHex } from '@tsquic/bytes';
import { latin1FromBytes } from '../extension/latin1.ts';
import { DerError, DerReader, DerTag } from './der.ts';
import { dnsNameOf, type GeneralName, NameForm, nextGeneralName } from './general-name.ts';

/** What an authority may vouch for, RFC 5280 §4.2.1.10. */
export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

/** The content of a nameConstraints extension. Throws a DerError. */
export function decodeNameConstraints(extension: Uint8Array): NameConstraints {
  const outer = new DerReader(extension);
  const reader = outer.enter(DerTag.Sequence);
  outer.finish();
  const permitted = reader.nextTag === PERMITTED ? subtrees(reader.enter(PERMITTED)) : [];
  const excluded = reader.nextTag === EXCLUDED ? subtrees(reader.enter(EXCLUDED)) : [];
  reader.finish();
  return { permitted, excluded };
}

/** Whether all of `names` are permitted. A name that we cannot compare is not, when its form is constrained. */
export function permitsNames(constraints: NameConstraints, names: readonly GeneralName[]): boolean {
  try {
    return names.every((name) => permitsName(constraints, name));
  } catch (error) {
    if (error instanceof DerError) return false;
    throw error;
  }
}

function permitsName(constraints: NameConstraints, name: GeneralName): boolean {
  const permitted = constraints.permitted.filter((base) => base.form === name.form);
  const excluded = constraints.excluded.filter((base) => base.form === name.form);
  if (permitted.length + excluded.length === 0) return true;
  if (!COMPARABLE.includes(name.form)) return false;
  if (excluded.some((base) => isWithin(name, base) || mayExpandInto(name, base))) return false;
  return permitted.length === 0 || permitted.some((base) => isWithin(name, base));
}

function subtrees(reader: DerReader): GeneralName[] {
  const bases: GeneralName[] = [];
  while (!reader.isAtEnd) {
    const subtree = reader.enter(DerTag.Sequence);
    bases.push(nextGeneralName(subtree));
    // minimum is 0 and maximum absent: RFC 5280 §4.2.1.10.
    if (!subtree.isAtEnd) throw new DerError('a name constraint has bounds');
  }
  return bases;
}

function isWithin(name: GeneralName, base: GeneralName): boolean {
  switch (name.form) {
    case NameForm.Dns:
      return isDnsWithin(dnsNameOf(name), dnsNameOf(base));
    case NameForm.Ip:
      return isIpWithin(name.value, base.value);
    default:
      return isDirectoryWithin(name.value, base.value);
  }
}

function isDnsWithin(name: string, base: string): boolean {
  if (base === '') return true;
  const suffix = base.startsWith('.') ? base : `.${base}`;
  return name === base || name.endsWith(suffix);
}

/** A wildcard may stand for a name below `base` although it is not below it itself. */
function mayExpandInto(name: GeneralName, base: GeneralName): boolean {
  if (name.form !== NameForm.Dns) return false;
  const presented = dnsNameOf(name);
  return presented.startsWith('*.') && dnsNameOf(base).replace(/^\./, '').endsWith(presented.slice(1));
}

/** `base` is an address and a mask of the same length. */
function isIpWithin(address: Uint8Array, base: Uint8Array): boolean {
  const { length } = address;
  if (base.length !== 8 && base.length !== 32) throw new DerError('an address range has an odd length');
  if (base.length !== 2 * length) return false;
  return address.every((byte, i) => ((byte ^ base[i]!) & base[length + i]!) === 0);
}

/** The base's relative names come first. Both are contents of a [4]: one Name. */
function isDirectoryWithin(name: Uint8Array, base: Uint8Array): boolean {
  const own = relativeNames(name);
  const wanted = relativeNames(base);
  return wanted.length <= own.length && wanted.every((part, i) => part === own[i]);
}

/** The relative names of a Name, in a form that string types, case and white space make no difference to. */
function relativeNames(name: Uint8Array): string[] {
  const reader = new DerReader(name).enter(DerTag.Sequence);
  const parts: string[] = [];
  while (!reader.isAtEnd) parts.push(relativeName(reader.enter(DerTag.Set)));
  return parts;
}

function relativeName(attributes: DerReader): string {
  const texts: string[] = [];
  while (!attributes.isAtEnd) {
    const attribute = attributes.enter(DerTag.Sequence);
    const type = toHex(attribute.element(DerTag.ObjectIdentifier).content);
    const { tag, content } = attribute.element();
    // A name that an exclusion must be compared with may not hide behind another alphabet.
    if (!STRING_TAGS.includes(tag))
      throw new DerError(`a name has a string of type ${tag}, which is not compared`);
    const text = latin1FromBytes(content).replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
    texts.push(`${type}=${text.trim().replace(/ +/g, ' ')}`);
  }
  return texts.toSorted().join('+');
}

const PERMITTED = 0xa0;
const EXCLUDED = 0xa1;
const COMPARABLE: readonly number[] = [NameForm.Dns, NameForm.Ip, NameForm.Directory];
/** UTF8String, PrintableString, IA5String. */
const STRING_TAGS: readonly number[] = [0x0c, 0x13, 0x16];
