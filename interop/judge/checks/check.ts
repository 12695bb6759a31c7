import type { Captures, Datagram, End, Frame, Message, Packet, PacketKind } from '../capture.ts';

/** What a case demands of its captures: a line for each thing that is wrong. */
export type Check = (captures: Captures) => string[];

/** The datagrams of one end as its own interface has sent them, before anything befell them. */
export function sentBy(captures: Captures, end: End): Datagram[] {
  const own = end === 'client' ? captures.left : captures.right;
  return own.filter(({ sender }) => sender === end);
}

/** The packets of one kind in some datagrams, in order. */
export function packetsOf(datagrams: readonly Datagram[], kind: PacketKind): Packet[] {
  return datagrams.flatMap(({ packets }) => packets.filter((packet) => packet.kind === kind));
}

/** The packets of one kind that came from the server, as the client's interface has seen them. */
export function cameToClient({ left }: Captures, kind: PacketKind): Packet[] {
  return packetsOf(
    left.filter(({ sender }) => sender === 'server'),
    kind,
  );
}

/** The handshake messages that ended in some packets. */
export function messagesOf(packets: readonly Packet[]): Message[] {
  return packets.flatMap(({ frames }) => frames.flatMap(({ messages }) => messages));
}

/** The frames of one type in a datagram. */
export function framesOf({ packets }: Datagram, type: number): Frame[] {
  return packets.flatMap(({ frames }) => frames.filter((frame) => frame.type === type));
}

export function faultIf(isFault: boolean, text: string): string[] {
  return isFault ? [text] : [];
}

export const ENDS = ['client', 'server'] as const;

/** RFC 9000 §19 */
export const FrameType = {
  ackWithCounts: 0x03,
  maxStreamsBidi: 0x12,
  pathChallenge: 0x1a,
  pathResponse: 0x1b,
  connectionClose: 0x1c,
  applicationClose: 0x1d,
} as const;

/** RFC 8446 §4, RFC 8879 §4 */
export const MessageType = {
  clientHello: 1,
  encryptedExtensions: 8,
  certificate: 11,
  compressedCertificate: 25,
} as const;

/** RFC 9000 §15, RFC 9369 §3.1 */
export const VERSION_1 = 1;
export const VERSION_2 = 0x6b33_43cf;
