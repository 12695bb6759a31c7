import type { Datagram, Frame, Message, Packet, PacketKind, Place } from './capture.ts';
import { createSenders } from './senders.ts';
import { has, textOf, textsBelow, type Tree, treesBelow, treesOf } from './tree.ts';
import { dissect, type Dissection } from './tshark.ts';

/** A capture file, and where the server is in it. */
export interface CaptureFile {
  /** pcap. */
  readonly file: string;
  readonly server: Place;
  /** Another address of the same server, which clients may prefer. */
  readonly preferred?: Place | undefined;
}

/** How a capture is read. */
export type Reading = Pick<Dissection, 'keyLog' | 'filter'>;

/**
 * The datagrams of a capture as Wireshark reads them.
 * Throws an Error when tshark fails, or when it cannot be told who has sent a datagram.
 */
export async function readCapture(capture: CaptureFile, reading: Reading): Promise<Datagram[]> {
  const senders = createSenders(capture);
  const datagrams: Datagram[] = [];
  for await (const layers of dissect({ file: capture.file, ...reading })) {
    const { number: _, ...seen } = readDatagram(layers);
    datagrams.push({ ...seen, sender: senders.of(seen.from, seen.to) });
  }
  return datagrams;
}

/** A datagram by itself, and its number among those of the capture. */
export function readDatagram(layers: Tree): Omit<Datagram, 'sender'> & { readonly number: number } {
  const [frame = {}] = treesOf(layers, 'frame');
  const [udp = {}] = treesOf(layers, 'udp');
  const isIpv6 = has(layers, 'ipv6');
  const family = isIpv6 ? 'ipv6' : 'ip';
  const [ip = {}] = treesOf(layers, family);
  const [ecn = ''] = textsBelow(ip, isIpv6 ? 'ipv6.tclass.ecn' : 'ip.dsfield.ecn');
  return {
    number: Number(textOf(frame, 'frame.number')),
    from: { host: textOf(ip, `${family}.src`), port: Number(textOf(udp, 'udp.srcport')) },
    to: { host: textOf(ip, `${family}.dst`), port: Number(textOf(udp, 'udp.dstport')) },
    isIpv6,
    ecn: Number(ecn),
    bytes: Number(textOf(udp, 'udp.length')) - UDP_HEADER_BYTES,
    atUs: Math.round(Number(textOf(frame, 'frame.time_epoch')) * 1e6),
    packets: treesOf(layers, 'quic').map(readPacket),
  };
}

function readPacket(quic: Tree): Packet {
  const [short] = treesOf(quic, 'quic.short');
  const header = short ?? quic;
  const frames = treesOf(quic, 'quic.frame');
  const number = textOf(header, 'quic.packet_number');
  const protectedPayload =
    textOf(header, 'quic.protected_payload') ||
    textOf(quic, 'quic.payload') ||
    textOf(quic, 'quic.remaining_payload');
  return {
    kind: kindOf(quic),
    version: Number(textOf(quic, 'quic.version')),
    destinationId: hexOf(header, 'quic.dcid'),
    sourceId: hexOf(quic, 'quic.scid'),
    token: hexOf(quic, 'quic.token') || hexOf(quic, 'quic.retry_token'),
    isOpened: frames.length > 0,
    number: number === '' ? -1 : Number(number),
    keyPhase: textOf(header, 'quic.key_phase') === '1' ? 1 : 0,
    payloadBytes: protectedPayload === '' ? 0 : protectedPayload.split(':').length,
    frames: frames.map(readFrame),
  };
}

/** Version 2 numbers its types otherwise. RFC 9369 §3.2 */
function kindOf(quic: Tree): PacketKind {
  if (has(quic, 'quic.short')) return '1-RTT';
  if (Number(textOf(quic, 'quic.version')) === 0 && has(quic, 'quic.version')) return 'negotiation';
  const two = textOf(quic, 'quic.long.packet_type_v2');
  const type = two === '' ? textOf(quic, 'quic.long.packet_type') : String((Number(two) + 3) % 4);
  return KINDS[type] ?? 'unknown';
}

function readFrame(frame: Tree): Frame {
  const isCrypto = has(frame, 'quic.crypto.offset');
  const offset = Number(textOf(frame, 'quic.crypto.offset'));
  return {
    type: Number(textOf(frame, 'quic.frame_type')),
    cryptoEnd: offset + Number(textOf(frame, 'quic.crypto.length')),
    beginsCrypto: isCrypto && offset === 0,
    messages: treesBelow(frame, 'tls.handshake').map(readMessage),
    pathData: hexOf(frame, 'quic.path_challenge.data') || hexOf(frame, 'quic.path_response.data'),
  };
}

function readMessage(message: Tree): Message {
  const [limit] = textsBelow(message, 'tls.quic.parameter.initial_max_streams_bidi');
  return {
    type: Number(textOf(message, 'tls.handshake.type')),
    suites: textsBelow(message, 'tls.handshake.ciphersuite').map(Number),
    serverName: textsBelow(message, 'tls.handshake.extensions_server_name')[0] ?? '',
    maxStreamsBidi: limit === undefined ? undefined : Number(limit),
  };
}

function hexOf(tree: Tree, name: string): string {
  return textOf(tree, name).replaceAll(':', '');
}

const UDP_HEADER_BYTES = 8;
/** RFC 9000 §17.2 */
const KINDS: Readonly<Record<string, PacketKind>> = { 0: 'initial', 1: '0-RTT', 2: 'handshake', 3: 'retry' };
