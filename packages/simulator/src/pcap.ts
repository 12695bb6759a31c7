import type { Address } from '@tsquic/quic-core';
import { joinChunks } from './chunks.ts';
import type { Datagram } from './datagram.ts';
import type { Observer } from './observer.ts';

/** A capture file in the making. */
export interface Capture extends Observer {
  /** The file so far: pcap with microseconds, link type 101 (raw IP), one IPv4 and UDP header for each datagram. */
  file(): Uint8Array;
}

/**
 * Captures what the host called `hostName` sends and takes in, as seen outside its NAT.
 *
 * @param unixTimeAtZeroUs - what the clock of the capture shows at virtual time 0.
 */
export function createCapture(hostName: string, unixTimeAtZeroUs: number): Capture {
  const chunks: Uint8Array[] = [fileHeader()];
  const add = (datagram: Datagram, nowUs: number): void => {
    chunks.push(record(datagram, unixTimeAtZeroUs + nowUs));
  };
  return {
    onSend: (host, datagram, nowUs) => host.name === hostName && add(datagram, nowUs),
    onReceive: (host, datagram, nowUs) => host.name === hostName && add(datagram, nowUs),
    file: () => joinChunks(chunks),
  };
}

const IP_HEADER = 20;
const UDP_HEADER = 8;

function fileHeader(): Uint8Array {
  const header = new DataView(new ArrayBuffer(24));
  header.setUint32(0, 0xa1b2c3d4);
  header.setUint16(4, 2);
  header.setUint16(6, 4);
  header.setUint32(16, 65_575);
  header.setUint32(20, 101);
  return new Uint8Array(header.buffer);
}

function record(datagram: Datagram, unixUs: number): Uint8Array {
  const length = IP_HEADER + UDP_HEADER + datagram.bytes.length;
  const out = new Uint8Array(16 + length);
  const view = new DataView(out.buffer);
  view.setUint32(0, Math.floor(unixUs / 1e6));
  view.setUint32(4, unixUs % 1e6);
  view.setUint32(8, length);
  view.setUint32(12, length);
  const ip = 16;
  view.setUint8(ip, 0x45);
  view.setUint8(ip + 1, datagram.ecn);
  view.setUint16(ip + 2, length);
  // Don't Fragment, as RFC 9000 §14 asks.
  view.setUint16(ip + 6, 0x4000);
  view.setUint8(ip + 8, 64);
  view.setUint8(ip + 9, 17);
  out.set(ipBytes(datagram.from), ip + 12);
  out.set(ipBytes(datagram.to), ip + 16);
  view.setUint16(ip + 10, checksum(view, ip, IP_HEADER));
  const udp = ip + IP_HEADER;
  view.setUint16(udp, datagram.from.port);
  view.setUint16(udp + 2, datagram.to.port);
  // The checksum stays 0: "none", which IPv4 allows.
  view.setUint16(udp + 4, UDP_HEADER + datagram.bytes.length);
  out.set(datagram.bytes, udp + UDP_HEADER);
  return out;
}

function ipBytes(address: Address): number[] {
  const parts = address.ip.split('.').map(Number);
  if (parts.length !== 4) throw new Error(`only IPv4 can be captured: ${address.ip}`);
  return parts;
}

/** RFC 791 §3.1: one's complement of the one's complement sum. */
function checksum(view: DataView, at: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i += 2) sum += view.getUint16(at + i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
