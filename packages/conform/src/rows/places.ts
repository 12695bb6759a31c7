import { concatBytes } from '@tsquic/bytes';
import { frame, streamFrame } from '@tsquic/adversary';
import { TransportCode as Code } from '@tsquic/quic-core';
import { FrameType as Type } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import { PING } from '../answers.ts';
import type { Row } from '../row.ts';
import { BYTE, type FrameRow, frameRows, streamIds } from './frame-row.ts';

const id = (sequence: number): Uint8Array =>
  concatBytes(Uint8Array.of(8), new Uint8Array(8).fill(sequence), new Uint8Array(16).fill(0x70 + sequence));

/** Frames that may only come in 0-RTT and 1-RTT packets. RFC 9000 Table 3 */
const LATER: readonly (readonly [string, Uint8Array])[] = [
  ['reset-stream', frame(Type.ResetStream, [0, 0, 0])],
  ['stop-sending', frame(Type.StopSending, [0, 0])],
  ['new-token', frame(Type.NewToken, [8], new Uint8Array(8).fill(1))],
  ['stream', streamFrame(streamIds('server').mine(0), 0, BYTE)],
  ['max-data', frame(Type.MaxData, [2 ** 20])],
  ['max-stream-data', frame(Type.MaxStreamData, [0, 2 ** 20])],
  ['max-streams', frame(Type.MaxStreamsBidi, [100])],
  ['data-blocked', frame(Type.DataBlocked, [0])],
  ['stream-data-blocked', frame(Type.StreamDataBlocked, [0, 0])],
  ['streams-blocked', frame(Type.StreamsBlockedBidi, [0])],
  ['new-connection-id', frame(Type.NewConnectionId, [1, 0], id(1))],
  ['retire-connection-id', frame(Type.RetireConnectionId, [0])],
  ['path-challenge', frame(Type.PathChallenge, [], new Uint8Array(8).fill(1))],
  ['path-response', frame(Type.PathResponse, [], new Uint8Array(8).fill(1))],
  ['application-close', frame(Type.ApplicationClose, [0, 0])],
  ['handshake-done', frame(Type.HandshakeDone)],
];

const WRONG_PACKETS: readonly FrameRow[] = LATER.map(([name, bytes]) => ({
  name: `${name}-in-handshake`,
  section: 'RFC 9000 §17.2.4',
  ids: ['rfc9000-17.2.4-2', 'rfc9000-12.4-3'],
  sends: `${name.toUpperCase().replaceAll('-', '_')} in a Handshake packet`,
  asks: 'PROTOCOL_VIOLATION, or FRAME_ENCODING_ERROR as of a frame that is unknown there (§11)',
  level: Level.Handshake,
  payloads: () => [concatBytes(bytes, new Uint8Array(4))],
  codes: [Code.ProtocolViolation, Code.FrameEncoding],
}));

const VIOLATIONS: readonly FrameRow[] = [
  {
    name: 'stop-sending-in-initial',
    section: 'RFC 9000 §12.4',
    ids: ['rfc9000-12.4-3'],
    sends: 'STOP_SENDING in an Initial packet',
    asks: 'PROTOCOL_VIOLATION or FRAME_ENCODING_ERROR, or the packet discarded (§11, §11.1)',
    codes: [Code.ProtocolViolation, Code.FrameEncoding],
    level: Level.Initial,
    mayIgnore: true,
    payloads: () => [frame(Type.StopSending, [0, 0])],
  },
  {
    name: 'no-frames',
    section: 'RFC 9000 §12.4',
    ids: ['rfc9000-12.4-2'],
    sends: 'a 1-RTT packet without frames',
    payloads: () => [new Uint8Array(0)],
  },
  {
    name: 'no-frames-in-handshake',
    section: 'RFC 9000 §12.4',
    ids: ['rfc9000-12.4-2'],
    sends: 'a Handshake packet without frames',
    level: Level.Handshake,
    payloads: () => [new Uint8Array(0)],
  },
  {
    name: 'reserved-bits',
    section: 'RFC 9000 §17.3.1',
    ids: ['rfc9000-17.3.1-3'],
    sends: 'a 1-RTT packet whose reserved bits are set',
    firstByte: 0x18,
    payloads: () => [PING],
  },
  {
    name: 'reserved-bits-in-handshake',
    section: 'RFC 9000 §17.2',
    ids: ['rfc9000-17.2-9'],
    sends: 'a Handshake packet whose reserved bits are set',
    level: Level.Handshake,
    firstByte: 0x0c,
    payloads: () => [PING],
  },
  {
    name: 'handshake-done-from-client',
    subjects: ['server' as const],
    section: 'RFC 9000 §19.20',
    ids: ['rfc9000-19.20-2'],
    sends: 'HANDSHAKE_DONE, as a client',
    payloads: () => [frame(Type.HandshakeDone, [], new Uint8Array(4))],
  },
  {
    name: 'new-token-from-client',
    subjects: ['server' as const],
    section: 'RFC 9000 §19.7',
    ids: ['rfc9000-19.7-4'],
    sends: 'NEW_TOKEN, as a client',
    payloads: () => [frame(Type.NewToken, [8], new Uint8Array(8).fill(1))],
  },
  {
    name: 'frame-type-in-two-bytes',
    word: 'MAY' as const,
    section: 'RFC 9000 §12.4',
    ids: ['rfc9000-12.4-6'],
    sends: 'PING with a type of two bytes',
    asks: 'PROTOCOL_VIOLATION, or FRAME_ENCODING_ERROR as of a type that is unknown, or nothing of it',
    codes: [Code.ProtocolViolation, Code.FrameEncoding],
    mayIgnore: true,
    payloads: () => [Uint8Array.of(0x40, 0x01, 0, 0)],
  },
  {
    name: 'ack-of-unsent-packet',
    word: 'SHOULD' as const,
    section: 'RFC 9000 §13.1',
    ids: ['rfc9000-13.1-2'],
    sends: 'ACK of a packet that was never sent',
    payloads: () => [frame(Type.Ack, [100_000, 0, 0, 0])],
  },
  {
    name: 'ack-of-unsent-handshake-packet',
    word: 'SHOULD' as const,
    section: 'RFC 9000 §13.1',
    ids: ['rfc9000-13.1-2'],
    sends: 'ACK of a Handshake packet that was never sent',
    level: Level.Handshake,
    payloads: () => [frame(Type.Ack, [100_000, 0, 0, 0])],
  },
].map((one) => ({ asks: 'PROTOCOL_VIOLATION', codes: [Code.ProtocolViolation], ...one }));

/** Frames where they may not be, and packets that break the rules of their form. */
export const PLACE_ROWS: readonly Row[] = frameRows([...WRONG_PACKETS, ...VIOLATIONS]);
