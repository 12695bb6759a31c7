import { DerError, DerReader, DerTag } from './der.ts';
import { dnsNameOf, type GeneralName, NameForm, nextGeneralName } from './general-name.ts';
import { sameBytes } from './outline.ts';

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

/** Whether all of `names` are permitted. A name in a form we cannot compare is not, when that form is constrained. */
export function permitsNames(constraints: NameConstraints, names: readonly GeneralName[]): boolean {
  return names.every((name) => {
    const permitted = constraints.permitted.filter((base) => base.form === name.form);
    const excluded = constraints.excluded.filter((base) => base.form === name.form);
    if (permitted.length + excluded.length === 0) return true;
    if (!COMPARABLE.includes(name.form)) return false;
    if (excluded.some((base) => isWithin(name, base) || mayExpandInto(name, base))) return false;
    return permitted.length === 0 || permitted.some((base) => isWithin(name, base));
  });
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
  if (base.length !== 2 * length) return false;
  return address.every((byte, i) => ((byte ^ base[i]!) & base[length + i]!) === 0);
}

/** The base's relative names come first, byte for byte. Both are contents of a [4]: one Name. */
function isDirectoryWithin(name: Uint8Array, base: Uint8Array): boolean {
  const own = relativeNames(name);
  const wanted = relativeNames(base);
  return wanted.length <= own.length && wanted.every((part, i) => sameBytes(part, own[i]!));
}

function relativeNames(name: Uint8Array): Uint8Array[] {
  const reader = new DerReader(name).enter(DerTag.Sequence);
  const parts: Uint8Array[] = [];
  while (!reader.isAtEnd) parts.push(reader.element(DerTag.Set).encoded);
  return parts;
}

const PERMITTED = 0xa0;
const EXCLUDED = 0xa1;
const COMPARABLE: readonly number[] = [NameForm.Dns, NameForm.Ip, NameForm.Directory];
