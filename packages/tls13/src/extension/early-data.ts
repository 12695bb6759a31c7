import { MessageReader } from '../message/reader.ts';
import { MessageWriter } from '../message/writer.ts';
import { type Extension, ExtensionType } from './extension.ts';

/** early_data of a ClientHello or EncryptedExtensions, which is empty. RFC 8446 §4.2.10 */
export function encodeEarlyData(): Extension {
  return { type: ExtensionType.EarlyData, data: new Uint8Array(0) };
}

/** early_data of a ClientHello or EncryptedExtensions. */
export function decodeEarlyData(data: Uint8Array): void {
  new MessageReader(data).finish();
}

/** early_data of a NewSessionTicket: in QUIC, one value says that 0-RTT is allowed (RFC 9001 §4.6.1). */
export function encodeEarlyDataLimit(): Extension {
  const writer = new MessageWriter();
  writer.u32(QUIC_EARLY_DATA_LIMIT);
  return { type: ExtensionType.EarlyData, data: writer.finish() };
}

/** max_early_data_size of a NewSessionTicket. */
export function decodeEarlyDataLimit(data: Uint8Array): number {
  const reader = new MessageReader(data);
  const limit = reader.u32();
  reader.finish();
  return limit;
}

export const QUIC_EARLY_DATA_LIMIT = 0xffff_ffff;
