import { bytesOfIp } from '@tsquic/quic-core/wire';
import type { Datagram } from './datagram.ts';

/** What a capture file of raw IP begins with: pcap with microseconds, link type 101. */
export function pcapFileHeader(): Uint8Array {
  const header = new DataView(new ArrayBuffer(24));
  header.setUint32(0, 0xa1b2c3d4);
  header.setUint16(4, 2);
  header.setUint16(6, 4);
  header.setUint32(16, 65_575);
  header.setUint32(20, 101);
  return new Uint8Array(header.buffer);
}

/** A datagram of such a file, seen at `unixUs`, with the headers of IP (either version) and UDP. */
export function encodePcapRecord({ bytes, from, to, ecn }: CapturedDatagram, unixUs: number): Uint8Array {
  const [source, destination] = [ipBytes(from.ip), ipBytes(to.ip)];
  const udp = RECORD_HEADER + (source.length === 4 ? IPV4_HEADER : IPV6_HEADER);
  const udpLength = UDP_HEADER + bytes.length;
  const out = new Uint8Array(udp + udpLength);
  const view = new DataView(out.buffer);
  view.setUint32(0, Math.floor(unixUs / 1e6));
  view.setUint32(4, unixUs % 1e6);
  view.setUint32(8, out.length - RECORD_HEADER);
  view.setUint32(12, out.length - RECORD_HEADER);
  view.setUint16(udp, from.port);
  view.setUint16(udp + 2, to.port);
  view.setUint16(udp + 4, udpLength);
  out.set(bytes, udp + UDP_HEADER);
  if (source.length === 4) writeIpv4Header(view, ecn);
  else writeIpv6Header(view, ecn);
  out.set(source, udp - 2 * source.length);
  out.set(destination, udp - source.length);
  // The checksum of UDP is left at 0, "none", where that is allowed: over IPv4. RFC 8200 §8.1
  if (source.length === 4) view.setUint16(RECORD_HEADER + 10, checksum(view, RECORD_HEADER, udp));
  else view.setUint16(udp + 6, checksum(view, udp - 32, out.length, UDP_PROTOCOL + udpLength) || 0xffff);
  return out;
}

type CapturedDatagram = Pick<Datagram, 'bytes' | 'from' | 'to' | 'ecn'>;

const RECORD_HEADER = 16;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const UDP_HEADER = 8;
const UDP_PROTOCOL = 17;
const HOPS = 64;

function writeIpv4Header(view: DataView, ecn: number): void {
  view.setUint8(RECORD_HEADER, 0x45);
  view.setUint8(RECORD_HEADER + 1, ecn);
  view.setUint16(RECORD_HEADER + 2, view.byteLength - RECORD_HEADER);
  // Don't Fragment is set, as RFC 9000 §14 requires.
  view.setUint16(RECORD_HEADER + 6, 0x4000);
  view.setUint8(RECORD_HEADER + 8, HOPS);
  view.setUint8(RECORD_HEADER + 9, UDP_PROTOCOL);
}

function writeIpv6Header(view: DataView, ecn: number): void {
  view.setUint16(RECORD_HEADER, 0x6000 | (ecn << 4));
  view.setUint16(RECORD_HEADER + 4, view.byteLength - RECORD_HEADER - IPV6_HEADER);
  view.setUint8(RECORD_HEADER + 6, UDP_PROTOCOL);
  view.setUint8(RECORD_HEADER + 7, HOPS);
}

function ipBytes(ip: string): Uint8Array {
  const bytes = bytesOfIp(ip);
  if (bytes === undefined) throw new Error(`${ip} is no IP address`);
  return bytes;
}

/** The checksum of RFC 1071: one's complement of the one's complement sum, which begins with `start`. */
function checksum(view: DataView, from: number, to: number, start = 0): number {
  let sum = start;
  for (let i = from; i < to; i += 2) sum += i + 1 < to ? view.getUint16(i) : view.getUint8(i) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
