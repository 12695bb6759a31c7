import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { Failure } from './failure.ts';

/**
 * `--server-name`, or the host of a URL, in the form of certificates and SNI: ASCII, without a trailing dot.
 * RFC 6066 §3, RFC 5890. Throws a `Failure` for a text that is neither a host name nor an address.
 */
export function serverNameFor(option: string | undefined, host: string): string {
  const name = (option ?? host).replace(/\.$/, '');
  if (isIP(name) !== 0) return name;
  const ascii = /[\s/\\?#@:%[\]]/u.test(name) ? '' : domainToASCII(name);
  if (isIP(ascii) !== 0 || HOST_NAME.test(ascii)) return ascii;
  throw new Failure(
    'ERR_TSQUIC_USAGE',
    `${JSON.stringify(name.slice(0, 100))} is neither a host name nor an IP address`,
    option === undefined ? '' : '--server-name takes the name alone, without port or path',
  );
}

/** Host names of RFC 1123 §2.1, with underscores, which some hosts have. */
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
