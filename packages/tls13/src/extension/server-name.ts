import { bytesFromLatin1, latin1FromBytes } from '@tsquic/bytes';
import { Alert, TlsAlert } from '../alerts.ts';
import { parseIpAddress } from '../certificate/ip-address.ts';
import { MessageReader } from '../message/reader.ts';
import { MessageWriter } from '../message/writer.ts';
import { type Extension, ExtensionType } from './extension.ts';

/** server_name, RFC 6066 §3. `name` is a DNS name in ASCII. */
export function encodeServerName(name: string): Extension {
  const writer = new MessageWriter();
  writer.vector(2, () => {
    writer.u8(HOST_NAME);
    writer.opaque16(bytesFromLatin1(name));
  });
  return { type: ExtensionType.ServerName, data: writer.finish() };
}

/** The host name that a client asks for, in lower case; '' when it names no host. */
export function decodeServerName(data: Uint8Array): string {
  const outer = new MessageReader(data);
  const reader = new MessageReader(outer.opaque16(1));
  outer.finish();
  let name = '';
  while (!reader.isAtEnd) {
    const type = reader.u8();
    const value = reader.opaque16(1);
    if (type !== HOST_NAME) continue;
    if (name !== '') throw new TlsAlert(Alert.IllegalParameter, 'server_name has two host names');
    name = checkedHostName(value);
  }
  return name;
}

/** server_name of EncryptedExtensions, which is empty: the server has used the name. RFC 6066 §3 */
export function encodeServerNameUsed(): Extension {
  return { type: ExtensionType.ServerName, data: new Uint8Array(0) };
}

/**
 * Whether the text is a host name as SNI carries it: ASCII in lower case, without a trailing dot. RFC 6066
 * §3, RFC 1123 §2.1
 */
export function isHostName(name: string): boolean {
  return name.length <= MAX_HOST_NAME && HOST_NAME_FORM.test(name);
}

/** Whether the text is a numeric address, which SNI must not carry (RFC 6066 §3). */
export function isIpAddress(name: string): boolean {
  return parseIpAddress(name) !== undefined;
}

function checkedHostName(value: Uint8Array): string {
  const name = latin1FromBytes(value);
  if (name.length > MAX_HOST_NAME || !/^[\x21-\x7e]+$/.test(name)) {
    throw new TlsAlert(Alert.IllegalParameter, 'server_name is not a host name');
  }
  return name.toLowerCase().replace(/\.$/, '');
}

const HOST_NAME = 0;
const MAX_HOST_NAME = 255;
/** Labels of 1 to 63 letters, digits and hyphens, and underscores, which some host names have. */
const HOST_NAME_FORM =
  /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
