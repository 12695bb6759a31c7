import type { WireDatagram } from './observation.ts';

/** The datagrams between clients and a server, of a pcap file of raw IP that the relay has written: a client sends the first. */
export function capturedDatagrams(file: Buffer): WireDatagram[] {
  const datagrams: WireDatagram[] = [];
  let server: Place | undefined;
  for (let at = FILE_HEADER; at + RECORD_HEADER <= file.length;) {
    const atUs = file.readUInt32BE(at) * 1e6 + file.readUInt32BE(at + 4);
    const packet = file.subarray(at + RECORD_HEADER, at + RECORD_HEADER + file.readUInt32BE(at + 8));
    at += RECORD_HEADER + packet.length;
    const { from, to, bytes } = readPacket(packet);
    server ??= to;
    const isAnswer = from.host === server.host && from.port === server.port;
    const [sender, client] = isAnswer ? (['server', to] as const) : (['client', from] as const);
    datagrams.push({ atUs, sender, clientHost: client.host, clientPort: client.port, bytes });
  }
  return datagrams;
}

const FILE_HEADER = 24;
const RECORD_HEADER = 16;

interface Place {
  readonly host: string;
  readonly port: number;
}

/** RFC 791 §3.1, RFC 8200 §3, RFC 768 */
function readPacket(packet: Buffer): { readonly from: Place; readonly to: Place; readonly bytes: Buffer } {
  const isIpv6 = packet.readUInt8(0) >> 4 === 6;
  const [source, addressBytes, udp] = isIpv6 ? [8, 16, 40] : [12, 4, 20];
  const host = (at: number): string => hostText(packet.subarray(at, at + addressBytes));
  return {
    from: { host: host(source), port: packet.readUInt16BE(udp) },
    to: { host: host(source + addressBytes), port: packet.readUInt16BE(udp + 2) },
    bytes: packet.subarray(udp + 8),
  };
}

/** Of loopback addresses. */
function hostText(bytes: Buffer): string {
  return bytes.length === 4 ? bytes.join('.') : `::${bytes.readUInt16BE(14).toString(16)}`;
}
