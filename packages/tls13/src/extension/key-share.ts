import { MessageReader } from '../message/reader.ts';
import { MessageWriter } from '../message/writer.ts';
import { type Extension, ExtensionType } from './extension.ts';

/** One offered or chosen public key, RFC 8446 §4.2.8. */
export interface KeyShareEntry {
  readonly group: number;
  readonly keyExchange: Uint8Array;
}

/** key_share of a ClientHello. */
export function encodeClientShares(entries: readonly KeyShareEntry[]): Extension {
  const writer = new MessageWriter();
  writer.vector(2, () => {
    for (const entry of entries) writeEntry(writer, entry);
  });
  return { type: ExtensionType.KeyShare, data: writer.finish() };
}

/** key_share of a ClientHello; an empty list is allowed and asks for a HelloRetryRequest. */
export function decodeClientShares(data: Uint8Array): KeyShareEntry[] {
  const outer = new MessageReader(data);
  const reader = new MessageReader(outer.opaque16());
  outer.finish();
  const entries: KeyShareEntry[] = [];
  while (!reader.isAtEnd) entries.push(readEntry(reader));
  return entries;
}

/** key_share of a ServerHello. */
export function encodeServerShare(entry: KeyShareEntry): Extension {
  const writer = new MessageWriter();
  writeEntry(writer, entry);
  return { type: ExtensionType.KeyShare, data: writer.finish() };
}

/** key_share of a ServerHello. */
export function decodeServerShare(data: Uint8Array): KeyShareEntry {
  const reader = new MessageReader(data);
  const entry = readEntry(reader);
  reader.finish();
  return entry;
}

/** key_share of a HelloRetryRequest: the group to use. */
export function encodeSelectedGroup(group: number): Extension {
  return { type: ExtensionType.KeyShare, data: Uint8Array.of(group >>> 8, group) };
}

/** key_share of a HelloRetryRequest: the group to use. */
export function decodeSelectedGroup(data: Uint8Array): number {
  const reader = new MessageReader(data);
  const group = reader.u16();
  reader.finish();
  return group;
}

function writeEntry(writer: MessageWriter, entry: KeyShareEntry): void {
  writer.u16(entry.group);
  writer.opaque16(entry.keyExchange);
}

function readEntry(reader: MessageReader): KeyShareEntry {
  return { group: reader.u16(), keyExchange: reader.opaque16(1) };
}
