/** The 4 or 16 bytes of a numeric address, or undefined when the text is not one. RFC 4291 §2.2 */
export function bytesOfIp(ip: string): Uint8Array | undefined {
  if (!ip.includes(':')) return bytesOfIpv4(ip);
  const [head = '', tail, ...more] = ip.split('::');
  const first = groupsOf(head);
  const last = groupsOf(tail ?? '');
  if (first === undefined || last === undefined || more.length > 0) return undefined;
  const missing = IPV6_BYTES - first.length - last.length;
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  const bytes = new Uint8Array(IPV6_BYTES);
  bytes.set(first);
  bytes.set(last, IPV6_BYTES - last.length);
  return bytes;
}

/** Numeric text as hosts spell it: IPv6 with the longest run of zeros left out. RFC 5952 §4 */
export function textOfIp(bytes: Uint8Array): string {
  if (bytes.length === IPV4_BYTES) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  const { at, length } = longestZeros(groups);
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return length < 2 ? text(groups) : `${text(groups.slice(0, at))}::${text(groups.slice(at + length))}`;
}

/**
 * From where an address can be reached: from nowhere, this host, this link, a private network, or all of the
 * Internet.
 */
export type Reach = 'none' | 'host' | 'link' | 'private' | 'global';

/** The reach of an IP address; 'none' for one that does not belong to a single host. RFC 6890 */
export function reachOf(ip: string): Reach {
  const bytes = bytesOfIp(ip);
  if (bytes === undefined) return 'none';
  return bytes.length === IPV4_BYTES ? reachOfIpv4(bytes) : reachOfIpv6(bytes);
}

function reachOfIpv4([a = 0, b = 0]: Uint8Array): Reach {
  if (a === 0 || a >= 224) return 'none';
  if (a === 127) return 'host';
  if (a === 169 && b === 254) return 'link';
  const isPrivate = a === 10 || (a === 172 && b >> 4 === 1) || (a === 192 && b === 168);
  return isPrivate || (a === 100 && b >> 6 === 1) ? 'private' : 'global';
}

function reachOfIpv6(bytes: Uint8Array): Reach {
  const [a = 0, b = 0] = bytes;
  const isLow = bytes.subarray(0, 10).every((byte) => byte === 0);
  // An IPv4 address mapped into IPv6 has the reach of the IPv4 address.
  if (isLow && bytes[10] === 0xff && bytes[11] === 0xff) return reachOfIpv4(bytes.subarray(12));
  if (isLow && bytes.subarray(10, 15).every((byte) => byte === 0)) return bytes[15] === 1 ? 'host' : 'none';
  if (a === 0xff) return 'none';
  if (a === 0xfe && b >> 6 === 2) return 'link';
  return (a & 0xfe) === 0xfc ? 'private' : 'global';
}

function bytesOfIpv4(ip: string): Uint8Array | undefined {
  const parts = ip.split('.');
  if (parts.length !== IPV4_BYTES) return undefined;
  if (!parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return Uint8Array.from(parts, Number);
}

/** The bytes of the hexadecimal groups between colons; the last group may be an IPv4 address. */
function groupsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    const ipv4 = index === groups.length - 1 && group.includes('.') ? bytesOfIpv4(group) : undefined;
    if (ipv4 !== undefined) for (const byte of ipv4) bytes.push(byte);
    else if (/^[\da-f]{1,4}$/i.test(group)) bytes.push(parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff);
    else return undefined;
  }
  return bytes;
}

function longestZeros(groups: readonly number[]): { at: number; length: number } {
  let best = { at: 0, length: 0 };
  for (let at = 0; at < groups.length; at++) {
    let length = 0;
    while (groups[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  return best;
}

const IPV4_BYTES = 4;
const IPV6_BYTES = 16;
