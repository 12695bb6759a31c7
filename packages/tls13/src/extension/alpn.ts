import { bytesFromLatin1, latin1FromBytes } from '@tsquic/bytes';
import { Alert, TlsAlert } from '../alerts.ts';
import { MessageReader } from '../message/reader.ts';
import { MessageWriter } from '../message/writer.ts';
import { type Extension, ExtensionType } from './extension.ts';

/**
 * application_layer_protocol_negotiation, RFC 7301 §3.1. Names are byte strings, with one character for each
 * byte.
 */
export function encodeAlpn(protocols: readonly string[]): Extension {
  const writer = new MessageWriter();
  writer.vector(2, () => {
    for (const protocol of protocols) writer.opaque8(bytesFromLatin1(protocol));
  });
  return { type: ExtensionType.Alpn, data: writer.finish() };
}

/** The protocols that a client offers, preferred ones first. */
export function decodeAlpn(data: Uint8Array): string[] {
  const outer = new MessageReader(data);
  const reader = new MessageReader(outer.opaque16(2));
  outer.finish();
  const protocols: string[] = [];
  while (!reader.isAtEnd) protocols.push(latin1FromBytes(reader.opaque8(1)));
  return protocols;
}

/** The single protocol in a server's answer. */
export function decodeSelectedAlpn(data: Uint8Array): string {
  const [protocol, ...more] = decodeAlpn(data);
  if (protocol === undefined || more.length > 0) {
    throw new TlsAlert(Alert.DecodeError, 'the server must choose exactly one application protocol');
  }
  return protocol;
}
