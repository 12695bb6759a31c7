import { CIPHER_SUITES, Group, SignatureScheme } from '@tsquic/crypto';
import { parseIpAddress } from './certificate/ip-address.ts';
import { printableText } from './certificate/printable-text.ts';
import type { TlsClientOptions, TlsServerOptions } from './config.ts';
import { isHostName } from './extension/server-name.ts';
import { resolveSettings, type SettingOptions, type Settings } from './settings.ts';

/**
 * A client's options with names in the form in which they are sent. Throws a RangeError for a value that the
 * handshake cannot carry or negotiate, so that the error comes before the peer gets the ClientHello.
 */
export function checkedClientOptions(options: TlsClientOptions): TlsClientOptions {
  checkSettings(options);
  checkProtocols(options.alpn);
  const { keyShares = [] } = options;
  const groups = options.groups ?? options.crypto.preferredGroups;
  for (const [at, group] of keyShares.entries()) {
    if (!groups.includes(group))
      throw new RangeError(`keyShares has ${group}, which is not among the groups`);
    if (keyShares.indexOf(group) < at) throw new RangeError(`keyShares has ${group} twice`);
  }
  return { ...options, serverName: checkedServerName(options.serverName) };
}

/** The options of a server that are negotiated. */
type Negotiated = SettingOptions & Pick<TlsServerOptions, 'alpn'>;

/** Throws a RangeError for a server's options that cannot be negotiated. */
export function checkServerOptions(options: Negotiated): void {
  checkSettings(options);
  if (typeof options.alpn !== 'function') checkProtocols(options.alpn);
}

/** A host name in lower case and without a trailing dot, or a numeric address; '' for none. RFC 6066 §3 */
function checkedServerName(serverName: string): string {
  if (serverName === '' || parseIpAddress(serverName) !== undefined) return serverName;
  const name = serverName.toLowerCase().replace(/\.$/, '');
  // The lower case of some letters outside ASCII is inside it.
  const isAscii = /^[\0-\u007f]*$/.test(serverName);
  if (isAscii && isHostName(name)) return name;
  const cure = !isAscii ? ': names beyond ASCII go in their ASCII form (domainToASCII of node:url)' : '';
  throw new RangeError(
    `serverName '${printableText(serverName)}' is neither a host name nor an IP address${cure}`,
  );
}

/** Whether the text can be sent as a protocol name: 1 to 255 bytes, one character for each. RFC 7301 §3.1 */
export function isProtocolName(protocol: unknown): protocol is string {
  return typeof protocol === 'string' && /^[\0-\u00ff]{1,255}$/.test(protocol);
}

function checkProtocols(protocols: readonly unknown[]): void {
  if (protocols.length === 0) throw new RangeError('alpn is empty');
  let length = 0;
  for (const protocol of protocols) {
    if (!isProtocolName(protocol)) {
      throw new RangeError(
        `alpn has '${printableText(String(protocol))}': a protocol's name has 1 to 255 bytes, one character for each`,
      );
    }
    length += 1 + protocol.length;
  }
  if (length > MAX_ALPN_BYTES)
    throw new RangeError(`alpn has ${length} bytes of names, more than ${MAX_ALPN_BYTES}`);
}

function checkSettings(options: SettingOptions): void {
  const { suites, groups, signatureSchemes }: Settings = resolveSettings(options);
  checkKnown(
    options.cipherSuites === undefined ? 'crypto.preferredSuites' : 'cipherSuites',
    suites,
    CIPHER_SUITES,
  );
  checkKnown(options.groups === undefined ? 'crypto.preferredGroups' : 'groups', groups, GROUPS);
  if (options.signatureSchemes !== undefined)
    checkKnown('signatureSchemes', signatureSchemes, Object.values(SignatureScheme));
}

function checkKnown<T>(name: string, list: readonly T[], known: readonly T[]): void {
  // A provider of a program's own may be of an older kind.
  if (!Array.isArray(list)) throw new RangeError(`${name} is not a list`);
  if (list.length === 0) throw new RangeError(`${name} is empty`);
  const stranger = list.find((item) => !known.includes(item));
  if (stranger !== undefined)
    throw new RangeError(`${name} has ${JSON.stringify(stranger)}, which is unknown`);
}

const GROUPS = Object.values(Group);
/** Half of the bytes that servers accept in a ClientHello. */
const MAX_ALPN_BYTES = 8192;
