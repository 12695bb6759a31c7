import type { WireDatagram } from './observation.ts';

/** Where the datagrams of a capture claim to have travelled. */
export interface CaptureAddresses {
  readonly host: string;
  readonly serverPort: number;
}

/** The datagrams as a pcap file (link type 101, raw IP) that Wireshark and tshark read. */
export function encodePcap(datagrams: readonly WireDatagram[], addresses: CaptureAddresses): Buffer {
  const parts: Buffer[] = [fileHeader()];
  for (const datagram of datagrams) {
    const ports: readonly [number, number] =
      datagram.sender === 'client'
        ? [datagram.clientPort, addresses.serverPort]
        : [addresses.serverPort, datagram.clientPort];
    const udp = udpHeader(ports, datagram.bytes.length);
    const payloadBytes = udp.length + datagram.bytes.length;
    const ip = addresses.host.includes(':') ? ipv6Header(payloadBytes) : ipv4Header(payloadBytes);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(Math.floor(datagram.atUs / 1e6), 0);
    record.writeUInt32LE(datagram.atUs % 1e6, 4);
    record.writeUInt32LE(ip.length + payloadBytes, 8);
    record.writeUInt32LE(ip.length + payloadBytes, 12);
    parts.push(record, ip, udp, datagram.bytes);
  }
  return Buffer.concat(parts);
}

function fileHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(0xffff, 16);
  header.writeUInt32LE(101, 20);
  return header;
}

function ipv4Header(payloadBytes: number): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + payloadBytes, 2);
  header[8] = 64;
  header[9] = 17;
  header.set([127, 0, 0, 1], 12);
  header.set([127, 0, 0, 1], 16);
  return header;
}

function ipv6Header(payloadBytes: number): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(payloadBytes, 4);
  header[6] = 17;
  header[7] = 64;
  header[23] = 1;
  header[39] = 1;
  return header;
}

function udpHeader(ports: readonly [number, number], payloadBytes: number): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(ports[0], 0);
  header.writeUInt16BE(ports[1], 2);
  header.writeUInt16BE(8 + payloadBytes, 4);
  return header;
}
