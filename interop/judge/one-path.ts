import type { End } from './capture.ts';

/**
 * A copy of a capture in which all datagrams travel between the two places of the first one: there, tshark finds a connection
 * whose IDs are empty after it has moved, too, since it looks for it by addresses. `senders` has who sent each datagram.
 */
export function ontoOnePath(pcap: Buffer, senders: readonly End[]): Buffer {
  const copy = Buffer.from(pcap);
  const isLittle = copy.readUInt32LE(0) === MAGIC;
  let first: Places | undefined;
  let at = FILE_HEADER_BYTES;
  for (const sender of senders) {
    const length = isLittle ? copy.readUInt32LE(at + 8) : copy.readUInt32BE(at + 8);
    const ip = copy.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + length);
    first ??= placesOf(ip, sender);
    movePlaces(ip, sender, first);
    at += RECORD_HEADER_BYTES + length;
  }
  return copy;
}

/** An address and a port as they stand in headers. */
interface Place {
  readonly address: Buffer;
  readonly port: Buffer;
}

type Places = Readonly<Record<End, Place>>;

function placesOf(ip: Buffer, sender: End): Places {
  const [source, destination] = fieldsOf(ip).map(({ address, port }) => ({
    address: Buffer.from(address),
    port: Buffer.from(port),
  }));
  return sender === 'client'
    ? { client: source!, server: destination! }
    : { client: destination!, server: source! };
}

function movePlaces(ip: Buffer, sender: End, places: Places): void {
  const ends = sender === 'client' ? (['client', 'server'] as const) : (['server', 'client'] as const);
  fieldsOf(ip).forEach(({ address, port }, i) => {
    const place = places[ends[i]!];
    address.set(place.address);
    port.set(place.port);
  });
}

/** The fields of the source and of the destination. RFC 791 §3.1, RFC 8200 §3, RFC 768 */
function fieldsOf(ip: Buffer): Place[] {
  const isIpv6 = ip[0]! >> 4 === 6;
  const bytes = isIpv6 ? 16 : 4;
  const udp = isIpv6 ? 40 : 4 * (ip[0]! & 0x0f);
  const addresses = isIpv6 ? 8 : 12;
  return [0, 1].map((i) => ({
    address: ip.subarray(addresses + i * bytes, addresses + (i + 1) * bytes),
    port: ip.subarray(udp + 2 * i, udp + 2 * i + 2),
  }));
}

const MAGIC = 0xa1b2_c3d4;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
