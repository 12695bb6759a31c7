import { MessageReader } from '../message/reader.ts';
import { type Extension, ExtensionType } from './extension.ts';

export const TLS12 = 0x0303;
export const TLS13 = 0x0304;

/** supported_versions of a ClientHello that offers TLS 1.3 only, RFC 8446 §4.2.1. */
export function encodeSupportedVersions(): Extension {
  return { type: ExtensionType.SupportedVersions, data: Uint8Array.of(2, TLS13 >>> 8, TLS13 & 0xff) };
}

/** supported_versions of a ClientHello. */
export function decodeSupportedVersions(data: Uint8Array): number[] {
  const reader = new MessageReader(data);
  const versions = new MessageReader(reader.opaque8(2)).u16List();
  reader.finish();
  return versions;
}

/** supported_versions of a ServerHello or HelloRetryRequest. */
export function encodeSelectedVersion(): Extension {
  return { type: ExtensionType.SupportedVersions, data: Uint8Array.of(TLS13 >>> 8, TLS13 & 0xff) };
}

/** supported_versions of a ServerHello or HelloRetryRequest. */
export function decodeSelectedVersion(data: Uint8Array): number {
  const reader = new MessageReader(data);
  const version = reader.u16();
  reader.finish();
  return version;
}
