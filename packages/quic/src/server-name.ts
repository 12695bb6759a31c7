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
  if (ascii !== '') return ascii;
  throw new QuicError(
    'ERR_QUIC_INVALID_OPTION',
    `${option}: ${JSON.stringify(name.slice(0, 100))} is neither a host name nor an IP address`,
  );
}

/** What a URL parser would read as the end of a host, or take out. */
const FORBIDDEN = /[\s/\\?#@:%[\]]|\.$/u;
