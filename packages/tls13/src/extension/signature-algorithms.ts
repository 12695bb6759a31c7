import { MessageReader } from '../message/reader.ts';
import { MessageWriter } from '../message/writer.ts';
import { type Extension, ExtensionType } from './extension.ts';

/** signature_algorithms, RFC 8446 §4.2.3. */
export function encodeSignatureAlgorithms(schemes: readonly number[]): Extension {
  const writer = new MessageWriter();
  writer.vector(2, () => {
    for (const scheme of schemes) writer.u16(scheme);
  });
  return { type: ExtensionType.SignatureAlgorithms, data: writer.finish() };
}

/** signature_algorithms, RFC 8446 §4.2.3: code points, preferred ones first. */
export function decodeSignatureAlgorithms(data: Uint8Array): number[] {
  const reader = new MessageReader(data);
  const schemes = new MessageReader(reader.opaque16(2)).u16List();
  reader.finish();
  return schemes;
}
