import type { Address } from '@tsquic/quic-core';
import { bytesOfIp, textOfIp } from '@tsquic/quic-core/wire';
import { InterfaceNames } from './interface-names.ts';

/** Address families of Linux. */
export const AF_INET = 2;
export const AF_INET6 = 10;
/** Room for an address of either family. */
export const SOCKET_ADDRESS_BYTES = 28;

/**
 * Write an address as `sockaddr_in` or `sockaddr_in6`; returns its length, or 0 when it is not one of this family. An interface
 * after % may be a name or an index.
 */
export function writeSocketAddress(out: DataView, at: number, { ip, port }: Address, family: number): number {
  const [text = '', zone] = ip.split('%');
  const bytes = bytesOfIp(text);
  if (bytes === undefined || bytes.length !== (family === AF_INET ? 4 : 16)) return 0;
  const length = family === AF_INET ? 16 : SOCKET_ADDRESS_BYTES;
  for (let i = 0; i < length; i++) out.setUint8(at + i, 0);
  out.setUint16(at, family, true);
  out.setUint16(at + 2, port);
  for (let i = 0; i < bytes.length; i++)
    out.setUint8(at + (family === AF_INET ? IPV4_AT : IPV6_AT) + i, bytes[i]!);
  if (zone !== undefined) out.setUint32(at + ZONE_AT, interfaces.indexOf(zone), true);
  return length;
}

/** One object for each address that was read, so that a datagram makes none, and comparisons are quick. */
export class SocketAddresses {
  private last: Address = { ip: '', port: 0 };
  private readonly lastWords: Uint32Array = new Uint32Array(WORDS);
  private lastIp: Uint8Array = new Uint8Array(0);
  private lastOf: Address = { ip: '', port: 0 };
  private readonly known: Map<string, Address> = new Map();
  private readonly interfaces: InterfaceNames;

  constructor(names: InterfaceNames = interfaces) {
    this.interfaces = names;
  }

  /** The address in a `sockaddr_in` or `sockaddr_in6`. */
  read(bytes: DataView, at: number): Address {
    const length = bytes.getUint16(at, true) === AF_INET ? 2 : WORDS;
    let isLast = true;
    for (let i = 0; i < length && isLast; i++)
      isLast = this.lastWords[i] === bytes.getUint32(at + 4 * i, true);
    if (isLast) return this.last;
    const words = new Uint32Array(length);
    for (let i = 0; i < length; i++) words[i] = bytes.getUint32(at + 4 * i, true);
    this.last = this.intern(words.join(), () => decode(bytes, at, this.interfaces));
    this.lastWords.set(words);
    return this.last;
  }

  /** The address of these bytes with a port. */
  of(ip: Uint8Array, port: number): Address {
    const { lastIp } = this;
    const isLast =
      this.lastOf.port === port && lastIp.length === ip.length && lastIp.every((byte, i) => byte === ip[i]);
    if (isLast) return this.lastOf;
    this.lastIp = ip.slice();
    return (this.lastOf = this.intern(`${ip.join('.')} ${port}`, () => ({ ip: textOf(ip), port })));
  }

  private intern(key: string, make: () => Address): Address {
    let address = this.known.get(key);
    if (address === undefined) {
      if (this.known.size >= MAX_ADDRESSES) this.known.clear();
      address = make();
      this.known.set(key, address);
    }
    return address;
  }
}

function decode(bytes: DataView, at: number, names: InterfaceNames): Address {
  const port = bytes.getUint16(at + 2);
  const isIpv4 = bytes.getUint16(at, true) === AF_INET;
  const length = isIpv4 ? 4 : 16;
  const ip = new Uint8Array(length);
  for (let i = 0; i < length; i++) ip[i] = bytes.getUint8(at + (isIpv4 ? IPV4_AT : IPV6_AT) + i);
  const zone = isIpv4 ? 0 : bytes.getUint32(at + ZONE_AT, true);
  return { ip: zone === 0 ? textOf(ip) : `${textOf(ip)}%${names.nameOf(zone)}`, port };
}

/** As inet_ntop and node:dgram spell it: an IPv4 address in IPv6 keeps its dots. */
function textOf(ip: Uint8Array): string {
  return isMapped(ip) ? `::ffff:${textOfIp(ip.subarray(12))}` : textOfIp(ip);
}

/** Whether these 16 bytes are an IPv4 address. RFC 4291 §2.5.5.2 */
export function isMapped(ip: Uint8Array): boolean {
  return ip.length === 16 && ip.every((byte, i) => i >= 12 || byte === (i < 10 ? 0 : 0xff));
}

/** Of all sockets of the thread. */
const interfaces = new InterfaceNames();
const IPV4_AT = 4;
const IPV6_AT = 8;
const ZONE_AT = 24;
const WORDS = 7;
const MAX_ADDRESSES = 1024;
