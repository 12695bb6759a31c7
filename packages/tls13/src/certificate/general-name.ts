import { latin1FromBytes } from '../extension/latin1.ts';
import { DerReader, DerTag } from './der.ts';
import { formatIpAddress } from './ip-address.ts';

/** Context tags of GeneralName, RFC 5280 §4.2.1.6. */
export const NameForm = { Dns: 0x82, Directory: 0xa4, Ip: 0x87 } as const;

/** One GeneralName: its tag, and its content. */
export interface GeneralName {
  readonly form: number;
  readonly value: Uint8Array;
}

/** The names of a subjectAltName extension. Throws a DerError. */
export function decodeGeneralNames(extension: Uint8Array): GeneralName[] {
  const outer = new DerReader(extension);
  const reader = outer.enter(DerTag.Sequence);
  outer.finish();
  const names: GeneralName[] = [];
  while (!reader.isAtEnd) names.push(nextGeneralName(reader));
  return names;
}

export function nextGeneralName(reader: DerReader): GeneralName {
  const { tag, content } = reader.element();
  return { form: tag, value: content };
}

/** A DNS name in lower case, as comparisons want it. */
export function dnsNameOf(name: GeneralName): string {
  return latin1FromBytes(name.value).toLowerCase();
}

/** DNS and IP names for people. */
export function describeNames(names: readonly GeneralName[]): string {
  const texts: string[] = [];
  for (const name of names) {
    if (name.form === NameForm.Dns) texts.push(dnsNameOf(name));
    if (name.form === NameForm.Ip) texts.push(formatIpAddress(name.value));
  }
  const shown = texts.slice(0, 10).join(', ');
  if (texts.length === 0) return 'no host name at all';
  return texts.length > 10 ? `${shown} and ${texts.length - 10} more` : shown;
}
