import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { QuicError } from './errors.ts';

/**
 * A server's name as certificates and SNI have it: ASCII in lower case, without a dot behind (RFC 6066 §3, RFC 5890).
 * Addresses stay as they are. Throws `ERR_QUIC_INVALID_OPTION` for what is neither.
 */
export function asciiServerName(option: 'servername' | 'host', name: string): string {
  if (isIP(name) !== 0) return name;
  const bare = name.replace(/\.$/, '');
  const ascii = FORBIDDEN.test(bare) ? '' : domainToASCII(bare);
  if (isIP(ascii) !== 0 || HOST_NAME.test(ascii)) return ascii;
  throw new QuicError(
    'ERR_QUIC_INVALID_OPTION',
    `${option}: ${JSON.stringify(name.slice(0, 100))} is neither a host name nor an IP address`,
  );
}

/** What a URL parser would read as the end of a host, or take out. */
const FORBIDDEN = /[\s/\\?#@:%[\]]/u;
/** RFC 1123 §2.1, with underscores, which some hosts have. */
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
