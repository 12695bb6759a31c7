import { latin1FromBytes } from '@tsquic/bytes';
import { DerError, DerReader, DerTag } from '@tsquic/bytes/der';
import { formatIpAddress } from './ip-address.ts';
import { printableText } from './printable-text.ts';
import type { Work } from './work.ts';

/** Context tags of GeneralName, RFC 5280 §4.2.1.6. */
export const NameForm = {
  Other: 0xa0,
  Email: 0x81,
  Dns: 0x82,
  X400: 0xa3,
  Directory: 0xa4,
  EdiParty: 0xa5,
  Uri: 0x86,
  Ip: 0x87,
  RegisteredId: 0x88,
} as const;

/** One GeneralName: its tag, and its content. */
export interface GeneralName {
  readonly form: number;
  readonly value: Uint8Array;
}

/** The names of a subjectAltName extension. Throws a DerError. */
export function decodeGeneralNames(extension: Uint8Array, work?: Work): GeneralName[] {
  const outer = new DerReader(extension, work);
  const reader = outer.enter(DerTag.Sequence);
  outer.finish();
  if (reader.isAtEnd) throw new DerError('subjectAltName has no name');
  const names: GeneralName[] = [];
  while (!reader.isAtEnd) names.push(nextGeneralName(reader));
  return names;
}

export function nextGeneralName(reader: DerReader): GeneralName {
  const { tag, content } = reader.element();
  if (!FORMS.includes(tag)) throw new DerError(`a name is of form ${tag}, which does not exist`);
  return { form: tag, value: content };
}

/** A DNS name in lower case, for comparisons. */
export function dnsNameOf(name: GeneralName): string {
  return latin1FromBytes(name.value).toLowerCase();
}

/** The first ten DNS and IP names as text for messages. */
export function describeNames(names: readonly GeneralName[]): string {
  const hosts = names.filter((name) => name.form === NameForm.Dns || name.form === NameForm.Ip);
  if (hosts.length === 0) return 'no host name at all';
  const shown = hosts.slice(0, 10).map(describeHost).join(', ');
  return hosts.length > 10 ? `${shown} and ${hosts.length - 10} more` : shown;
}

function describeHost(name: GeneralName): string {
  if (name.form === NameForm.Ip) return formatIpAddress(name.value.subarray(0, 16));
  return printableText(latin1FromBytes(name.value.subarray(0, 100)).toLowerCase(), 64);
}

const FORMS: readonly number[] = Object.values(NameForm);
