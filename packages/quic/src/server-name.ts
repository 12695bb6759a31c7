import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { QuicError } from './errors.ts';

/**
 * A server's name in the form of certificates and SNI: ASCII in lower case, without a trailing dot (RFC 6066
 * §3, RFC 5890). Addresses stay unchanged. Throws `ERR_QUIC_INVALID_OPTION` for any other text.
 */
export function asciiServerName(option: 'servername' | 'host', name: string): string {
  const ascii = asciiName(name);
  if (ascii !== undefined) return ascii;
  throw new QuicError(
    'ERR_QUIC_INVALID_OPTION',
    `${option}: ${JSON.stringify(name.slice(0, 100))} is neither a host name nor an IP address`,
  );
}

/** The same; undefined for text that is neither a name nor an address. */
export function asciiName(name: string): string | undefined {
  if (isIP(name) !== 0) return name;
  const bare = name.replace(/\.$/, '');
  const ascii = FORBIDDEN.test(bare) ? '' : domainToASCII(bare);
  return isIP(ascii) !== 0 || HOST_NAME.test(ascii) ? ascii : undefined;
}

/** Characters that a URL parser would take for the end of a host, or remove. */
const FORBIDDEN = /[\s/\\?#@:%[\]]/u;
/** RFC 1123 §2.1, with underscores, which some hosts have. */
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
