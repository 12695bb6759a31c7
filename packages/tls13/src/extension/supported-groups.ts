import { MessageReader } from '../message/reader.ts';
import { MessageWriter } from '../message/writer.ts';
import { type Extension, ExtensionType } from './extension.ts';

/** supported_groups, RFC 8446 §4.2.7. */
export function encodeSupportedGroups(groups: readonly number[]): Extension {
  const writer = new MessageWriter();
  writer.vector(2, () => {
    for (const group of groups) writer.u16(group);
  });
  return { type: ExtensionType.SupportedGroups, data: writer.finish() };
}

/** supported_groups, RFC 8446 §4.2.7: code points, preferred ones first. */
export function decodeSupportedGroups(data: Uint8Array): number[] {
  const reader = new MessageReader(data);
  const groups = new MessageReader(reader.opaque16(2)).u16List();
  reader.finish();
  return groups;
}
