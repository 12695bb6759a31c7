import { QuicUsageError } from '../errors/usage-error.ts';
import type { Address } from '../path/address.ts';
import { bytesOfIp, reachOf } from '../path/ip.ts';
import type { ConnectionOptions, QuicContextOptions } from './config.ts';

/** Throws `QuicUsageError('invalid-option')` unless this is numeric text with a port from 1 to 65535. */
export function checkAddress(name: string, address: Address): void {
  const { ip, port } = address ?? {};
  if (typeof ip !== 'string' || bytesOfIp(ip) === undefined) fail(`${name}.ip must be numeric`);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) fail(`${name}.port must be from 1 to 65535`);
}

/** A server's preferred address must be one that clients can be sent to. RFC 9000 §9.6 */
export function checkPreferredAddress({ preferredAddress, identity }: QuicContextOptions): void {
  if (preferredAddress === undefined) return;
  if (identity === undefined) fail('preferredAddress is for servers, which have an identity');
  const { ipv4, ipv6 } = preferredAddress;
  if (ipv4 === undefined && ipv6 === undefined) fail('preferredAddress needs ipv4 or ipv6');
  for (const [name, address] of Object.entries({ ipv4, ipv6 })) {
    if (address === undefined) continue;
    checkAddress(`preferredAddress.${name}`, address);
    const isIpv6 = address.ip.includes(':');
    if (isIpv6 !== (name === 'ipv6') || reachOf(address.ip) === 'none')
      fail(`preferredAddress.${name} must be an address of one host, of that family`);
  }
}

/** What a client does with its server's preferred address. */
export function checkPreference({ preferredAddress }: ConnectionOptions): void {
  if (preferredAddress === undefined || preferredAddress === 'follow' || preferredAddress === 'ignore')
    return;
  fail("preferredAddress must be 'follow' or 'ignore'");
}

function fail(text: string): never {
  throw new QuicUsageError('invalid-option', text);
}
