import { bytesOfIp } from './ip.ts';

const IPV4_BITS = 32;
const IPV6_BITS = 128;

/**
 * The network that an address belongs to, as a key: the first bits of an IPv4 or IPv6 address. IPv4 addresses mapped into IPv6
 * count as IPv4 (RFC 4291 §2.5.5.2). Text that is no address is a network of its own.
 */
export function addressPrefix(ip: string, ipv4Bits: number, ipv6Bits: number): string {
  // IPv4 prefixes are usually whole addresses, and IPv4 text has only one spelling, so it serves as the key.
  if (ipv4Bits === IPV4_BITS && !ip.includes(':')) return ip;
  // The text after '%' is an IPv6 zone, which is no part of the address.
  const bytes = bytesOfIp(ip.split('%', 1)[0]!);
  if (bytes === undefined) return ip;
  if (bytes.length === 4) return keyOf(bytes, ipv4Bits, IPV4_BITS);
  const isMapped = bytes.every((byte, i) => i > 11 || byte === (i < 10 ? 0 : 0xff));
  return isMapped ? keyOf(bytes.slice(12), ipv4Bits, IPV4_BITS) : keyOf(bytes, ipv6Bits, IPV6_BITS);
}

function keyOf(bytes: Uint8Array, bits: number, allBits: number): string {
  const kept = bytes.map((byte, i) => byte & (0xff00 >> Math.min(Math.max(bits - 8 * i, 0), 8)) & 0xff);
  if (allBits === IPV4_BITS) return bits === IPV4_BITS ? kept.join('.') : `${kept.join('.')}/${bits}`;
  return `${kept.join(':')}/${bits}`;
}
