import { concatBytes, encodeVarint } from '@tsquic/bytes';
import { Level } from '@tsquic/tls13';
import { seededCrypto } from '@tsquic/testing/seeded';
import type { TransportOptions } from '../src/config/transport-options.ts';
import type { QuicContext } from '../src/context/context.ts';
import { TransportCode as Code } from '../src/errors/transport-error.ts';
import { FrameType as Type } from '../src/frame/rules.ts';
import { encodeParameters, type TransportParameters } from '../src/parameters/parameters.ts';
import { Attacker, type AttackerOptions, PADDING, PING } from './support/attacker.ts';
import { attackClient, attackServer, createClient, createServer, eventsOf } from './support/contexts.ts';
import { ackFrame, cryptoFrame, frame, hugeVarint, streamFrame } from './support/frames.ts';
import { tlsMessage, withoutExtension } from '@tsquic/adversary';

/** One bad input: who must answer it with which code, or not at all. `pnpm error-codes` prints a line for each. */
export interface ErrorCase {
  readonly name: string;
  /** The error's name, or what kind of input it is. */
  readonly group: string;
  readonly victim: Victim;
  /** Requirements that the case proves. */
  readonly ids: readonly string[];
  /** What the victim must close with, RFC 9000 §20; undefined: the input is ignored, and the connection lives on. */
  readonly code: number | undefined;
  /** Brings the input about. */
  readonly play: () => Scene;
}

/** A victim after the input. */
export interface Scene {
  readonly context: QuicContext;
  readonly attacker: Attacker;
}

type Victim = 'server' | 'client';

/** Frames that are wrong, after a handshake that stands where packets of their level count. */
interface FrameCase {
  readonly name: string;
  /** Default: the server. */
  readonly victim?: Victim;
  /** Of the packets. Default: 1-RTT. */
  readonly level?: Level;
  /** Payloads of packets, one after the other; the last is wrong. */
  readonly payloads: readonly Uint8Array[];
  /** What the victim allows besides. */
  readonly transport?: TransportOptions;
  /** XORed into the first byte of the last packet. */
  readonly firstByte?: number;
  readonly code: number;
  readonly covers?: readonly string[];
}

const WINDOW = 10_000;
const ONE_BYTE = Uint8Array.of(1);
const TOKEN = new Uint8Array(16).fill(7);
/** 2^60 + 1. */
const TOO_MANY = hugeVarint(0x1000_0000, 1);
const LARGEST = hugeVarint(0x3fff_ffff, 0xffff_ffff);

function newId(sequence: number, retirePriorTo: number, length = 8, fill = sequence): Uint8Array {
  const id = concatBytes(
    Uint8Array.of(length),
    new Uint8Array(length).fill(fill),
    TOKEN.map((byte) => byte + fill),
  );
  return frame(Type.NewConnectionId, [sequence, retirePriorTo], id);
}

const FLOW: readonly FrameCase[] = [
  {
    name: 'STREAM beyond the stream limit',
    payloads: [streamFrame(0, WINDOW, ONE_BYTE)],
    code: Code.FlowControl,
    covers: ['rfc9000-4.1-2', 'rfc9000-19.10-4'],
  },
  {
    name: 'STREAM beyond the connection limit',
    payloads: [streamFrame(0, WINDOW - 1, ONE_BYTE), streamFrame(4, WINDOW - 1, ONE_BYTE)],
    code: Code.FlowControl,
    covers: ['rfc9000-4.1-2', 'rfc9000-19.9-2'],
  },
  {
    name: 'RESET_STREAM beyond the limit',
    payloads: [frame(Type.ResetStream, [0, 0, WINDOW + 1])],
    code: Code.FlowControl,
    covers: ['rfc9000-4.5-1'],
  },
  {
    name: 'STREAM at the end of offsets',
    payloads: [concatBytes(frame(0x0c, [0]), LARGEST, ONE_BYTE)],
    code: Code.FlowControl,
    covers: ['rfc9000-19.8-2'],
  },
  {
    name: 'data beyond the final size',
    payloads: [streamFrame(0, 0, ONE_BYTE, true), streamFrame(0, 1, ONE_BYTE)],
    code: Code.FinalSize,
  },
  {
    name: 'a final size below what came',
    payloads: [streamFrame(0, 9, ONE_BYTE), streamFrame(0, 1, ONE_BYTE, true)],
    code: Code.FinalSize,
  },
  {
    name: 'a reset that changes the final size',
    payloads: [streamFrame(0, 5, ONE_BYTE, true), frame(Type.ResetStream, [0, 0, 7])],
    code: Code.FinalSize,
  },
];

const STREAM_LIMIT: readonly FrameCase[] = [
  { name: 'STREAM, bidirectional', payloads: [streamFrame(4 * 5, 0, ONE_BYTE)] },
  { name: 'STREAM, unidirectional', payloads: [streamFrame(4 * 5 + 2, 0, ONE_BYTE)] },
  { name: 'RESET_STREAM', payloads: [frame(Type.ResetStream, [4 * 5, 0, 0])] },
  { name: 'STOP_SENDING', payloads: [frame(Type.StopSending, [4 * 5, 0])] },
  { name: 'MAX_STREAM_DATA', payloads: [frame(Type.MaxStreamData, [4 * 5, 1])] },
  { name: 'STREAM_DATA_BLOCKED', payloads: [frame(Type.StreamDataBlocked, [4 * 5 + 2, 1])] },
].map((one) => ({ ...one, code: Code.StreamLimit, covers: ['rfc9000-4.6-3', 'rfc9000-19.11-4'] }));

const STREAM_STATE: readonly FrameCase[] = [
  {
    name: 'RESET_STREAM on a send-only stream',
    payloads: [frame(Type.ResetStream, [3, 0, 0])],
    covers: ['rfc9000-19.4-1'],
  },
  {
    name: 'STOP_SENDING for a stream not opened',
    payloads: [frame(Type.StopSending, [1, 0])],
    covers: ['rfc9000-19.5-1'],
  },
  {
    name: 'STOP_SENDING on a receive-only stream',
    payloads: [frame(Type.StopSending, [2, 0])],
    covers: ['rfc9000-19.5-2'],
  },
  {
    name: 'STREAM for a local stream not opened',
    payloads: [streamFrame(1, 0, ONE_BYTE)],
    covers: ['rfc9000-19.8-1'],
  },
  {
    name: 'STREAM on a send-only stream',
    payloads: [streamFrame(3, 0, ONE_BYTE)],
    covers: ['rfc9000-19.8-1'],
  },
  {
    name: 'MAX_STREAM_DATA for a stream not opened',
    payloads: [frame(Type.MaxStreamData, [1, 1])],
    covers: ['rfc9000-19.10-1'],
  },
  {
    name: 'MAX_STREAM_DATA on a receive-only stream',
    payloads: [frame(Type.MaxStreamData, [2, 1])],
    covers: ['rfc9000-19.10-2'],
  },
  {
    name: 'STREAM_DATA_BLOCKED on a send-only stream',
    payloads: [frame(Type.StreamDataBlocked, [3, 1])],
    covers: ['rfc9000-19.13-2'],
  },
  { name: 'STREAM_DATA_BLOCKED for a stream not opened', payloads: [frame(Type.StreamDataBlocked, [1, 1])] },
].map((one) => ({ ...one, code: Code.StreamState }));

const ENCODING: readonly FrameCase[] = [
  { name: 'an unknown frame', payloads: [concatBytes(frame(0x21), PADDING)], covers: ['rfc9000-12.4-4'] },
  {
    name: 'an unknown frame with a large type',
    payloads: [concatBytes(frame(2 ** 40), PADDING)],
    covers: ['rfc9000-12.4-4'],
  },
  {
    name: 'MAX_STREAMS above 2^60, bidirectional',
    payloads: [concatBytes(frame(Type.MaxStreamsBidi), TOO_MANY)],
    covers: ['rfc9000-19.11-1', 'rfc9000-4.6-1'],
  },
  {
    name: 'MAX_STREAMS above 2^60, unidirectional',
    payloads: [concatBytes(frame(Type.MaxStreamsUni), TOO_MANY)],
    covers: ['rfc9000-19.11-1'],
  },
  {
    name: 'STREAMS_BLOCKED above 2^60, bidirectional',
    payloads: [concatBytes(frame(Type.StreamsBlockedBidi), TOO_MANY)],
    covers: ['rfc9000-19.14-2'],
  },
  {
    name: 'STREAMS_BLOCKED above 2^60, unidirectional',
    payloads: [concatBytes(frame(Type.StreamsBlockedUni), TOO_MANY)],
    covers: ['rfc9000-19.14-2'],
  },
  { name: 'NEW_CONNECTION_ID that retires itself', payloads: [newId(1, 2)], covers: ['rfc9000-19.15-7'] },
  { name: 'NEW_CONNECTION_ID of no bytes', payloads: [newId(1, 0, 0)], covers: ['rfc9000-19.15-1'] },
  { name: 'NEW_CONNECTION_ID of 21 bytes', payloads: [newId(1, 0, 21)], covers: ['rfc9000-19.15-1'] },
  {
    name: 'NEW_TOKEN without a token',
    victim: 'client' as const,
    payloads: [concatBytes(frame(Type.NewToken, [0]), PADDING)],
    covers: ['rfc9000-19.7-2'],
  },
  {
    name: 'ACK below packet number 0',
    payloads: [frame(Type.Ack, [0, 0, 0, 1])],
    covers: ['rfc9000-19.3.1-1'],
  },
  {
    name: 'ACK whose gap goes below 0',
    payloads: [frame(Type.Ack, [1, 0, 1, 0, 0, 0])],
    covers: ['rfc9000-19.3.1-1'],
  },
  {
    name: 'ACK with more ranges than bytes',
    payloads: [concatBytes(frame(Type.Ack, [5, 0]), LARGEST, PADDING)],
  },
  { name: 'STREAM longer than its packet', payloads: [frame(0x0a, [0, 100], ONE_BYTE)] },
  { name: 'CRYPTO longer than its packet', payloads: [frame(Type.Crypto, [0, 100], ONE_BYTE)] },
  { name: 'PATH_CHALLENGE cut short', payloads: [frame(Type.PathChallenge, [], new Uint8Array(7))] },
  { name: 'a frame type cut short', payloads: [concatBytes(PADDING, Uint8Array.of(0x40))] },
].map((one) => ({ ...one, code: Code.FrameEncoding }));

const VIOLATIONS: readonly FrameCase[] = [
  { name: 'no frames, 1-RTT', payloads: [new Uint8Array(0)], covers: ['rfc9000-12.4-2'] },
  {
    name: 'no frames, Handshake',
    level: Level.Handshake,
    payloads: [new Uint8Array(0)],
    covers: ['rfc9000-12.4-2'],
  },
  { name: 'reserved bits, 1-RTT', payloads: [PING], firstByte: 0x18, covers: ['rfc9000-17.3.1-3'] },
  { name: 'one reserved bit, 1-RTT', payloads: [PING], firstByte: 0x08, covers: ['rfc9000-17.3.1-3'] },
  {
    name: 'reserved bits, Handshake',
    level: Level.Handshake,
    payloads: [concatBytes(PING, PADDING)],
    firstByte: 0x0c,
    covers: ['rfc9000-17.2-9'],
  },
  {
    name: 'reserved bits, Initial',
    level: Level.Initial,
    payloads: [PING],
    firstByte: 0x04,
    covers: ['rfc9000-17.2-9'],
  },
  { name: 'a frame type in two bytes', payloads: [Uint8Array.of(0x40, 0x01)] },
  {
    name: 'HANDSHAKE_DONE from a client',
    payloads: [frame(Type.HandshakeDone)],
    covers: ['rfc9000-19.20-2'],
  },
  {
    name: 'NEW_TOKEN from a client',
    payloads: [frame(Type.NewToken, [1], ONE_BYTE)],
    covers: ['rfc9000-19.7-4'],
  },
  {
    name: 'RETIRE_CONNECTION_ID never issued',
    payloads: [frame(Type.RetireConnectionId, [99])],
    covers: ['rfc9000-19.16-1'],
  },
  {
    name: 'RETIRE_CONNECTION_ID of the ID in use',
    payloads: [frame(Type.RetireConnectionId, [0])],
    covers: [],
  },
  { name: 'NEW_CONNECTION_ID with another ID for a number', payloads: [newId(1, 0), newId(1, 0, 8, 9)] },
  { name: 'ACK of a packet never sent, 1-RTT', payloads: [frame(Type.Ack, [100_000, 0, 0, 0])] },
  {
    name: 'ACK of a packet never sent, Handshake',
    level: Level.Handshake,
    payloads: [frame(Type.Ack, [100_000, 0, 0, 0])],
  },
  {
    name: 'ACK of a packet never sent, Initial',
    level: Level.Initial,
    payloads: [frame(Type.Ack, [100_000, 0, 0, 0])],
  },
  {
    name: 'ACK with the largest number there is',
    payloads: [concatBytes(Uint8Array.of(Type.Ack), LARGEST, Uint8Array.of(0, 0, 0))],
  },
  {
    name: 'STOP_SENDING in an Initial packet',
    level: Level.Initial,
    payloads: [frame(Type.StopSending, [0, 0])],
    covers: ['rfc9000-12.4-3', 'rfc9000-5.2-2'],
  },
  ...[
    Type.ResetStream,
    Type.StopSending,
    Type.NewToken,
    Type.Stream,
    Type.MaxData,
    Type.MaxStreamData,
    Type.MaxStreamsBidi,
    Type.MaxStreamsUni,
    Type.DataBlocked,
    Type.StreamDataBlocked,
    Type.StreamsBlockedBidi,
    Type.StreamsBlockedUni,
    Type.NewConnectionId,
    Type.RetireConnectionId,
    Type.PathChallenge,
    Type.PathResponse,
    Type.ApplicationClose,
    Type.HandshakeDone,
  ].map((type) => ({
    name: `frame 0x${type.toString(16)} in a Handshake packet`,
    level: Level.Handshake,
    payloads: [frame(type, [], new Uint8Array(40).fill(1))],
    covers: ['rfc9000-12.4-3', 'rfc9000-17.2.4-2'],
  })),
].map((one) => ({ ...one, code: Code.ProtocolViolation }));

const LIMITS: readonly FrameCase[] = [
  {
    name: 'more connection IDs than allowed',
    payloads: [1, 2, 3, 4].map((sequence) => newId(sequence, 0)),
    code: Code.ConnectionIdLimit,
    covers: ['rfc9000-5.1.1-6'],
  },
  {
    name: 'CRYPTO at a level that is over',
    level: Level.Initial,
    payloads: [cryptoFrame(100_000, ONE_BYTE)],
    code: Code.ProtocolViolation,
    covers: ['rfc9001-4.1.3-1', 'rfc9001-4.1.3-2'],
  },
  {
    name: 'CRYPTO far ahead, Handshake',
    level: Level.Handshake,
    payloads: [cryptoFrame(100_000, ONE_BYTE)],
    code: Code.CryptoBufferExceeded,
    covers: ['rfc9000-7.5-3'],
  },
  {
    name: 'CRYPTO far ahead, 1-RTT',
    payloads: [cryptoFrame(100_000, ONE_BYTE)],
    code: Code.CryptoBufferExceeded,
    covers: ['rfc9000-7.5-3'],
  },
  {
    name: 'CRYPTO at the end of offsets',
    payloads: [concatBytes(Uint8Array.of(Type.Crypto), LARGEST, Uint8Array.of(1, 1))],
    code: Code.CryptoBufferExceeded,
    covers: ['rfc9000-19.6-1'],
  },
];

const TLS: readonly FrameCase[] = [
  {
    name: 'KeyUpdate in Handshake',
    level: Level.Handshake,
    payloads: [cryptoFrame(0, tlsMessage(24, ONE_BYTE))],
    code: 0x10a,
    covers: ['rfc9001-6-3', 'rfc9001-4.8-1'],
  },
  {
    name: 'KeyUpdate in 1-RTT',
    payloads: [cryptoFrame(0, tlsMessage(24, ONE_BYTE))],
    code: 0x10a,
    covers: ['rfc9001-6-3'],
  },
  {
    name: 'KeyUpdate from a server',
    victim: 'client',
    payloads: [cryptoFrame(0, tlsMessage(24, ONE_BYTE))],
    code: 0x10a,
    covers: ['rfc9001-6-3'],
  },
  {
    name: 'EndOfEarlyData in Handshake',
    level: Level.Handshake,
    payloads: [cryptoFrame(0, tlsMessage(5))],
    code: 0x10a,
  },
  { name: 'EndOfEarlyData in 1-RTT', payloads: [cryptoFrame(0, tlsMessage(5))], code: 0x10a },
  {
    name: 'CertificateRequest in 1-RTT',
    victim: 'client',
    payloads: [cryptoFrame(0, tlsMessage(13, Uint8Array.of(0, 0, 0)))],
    code: Code.ProtocolViolation,
    covers: ['rfc9001-4.4-6'],
  },
];

/** Frames of extensions that nobody has asked for. */
const EXTENSIONS: readonly FrameCase[] = [
  {
    name: 'DATAGRAM where none is taken',
    payloads: [frame(Type.DatagramWithLength, [1], ONE_BYTE)],
    code: Code.ProtocolViolation,
    covers: ['rfc9221-3-3'],
  },
  {
    name: 'DATAGRAM where none is taken, of a server',
    victim: 'client',
    payloads: [frame(Type.Datagram, [], TOKEN)],
    code: Code.ProtocolViolation,
    covers: ['rfc9221-3-3'],
  },
  {
    name: 'DATAGRAM in a Handshake packet',
    level: Level.Handshake,
    payloads: [frame(Type.DatagramWithLength, [4], PADDING)],
    code: Code.ProtocolViolation,
  },
  {
    name: 'RESET_STREAM_AT in a Handshake packet',
    level: Level.Handshake,
    payloads: [frame(Type.ResetStreamAt, [0, 0, 1, 1])],
    code: Code.ProtocolViolation,
  },
  {
    name: 'RESET_STREAM_AT with more reliable bytes than there are',
    payloads: [frame(Type.ResetStreamAt, [0, 0, 1, 2])],
    code: Code.FrameEncoding,
  },
];

const TAKES_100: TransportOptions = { maxDatagramFrameBytes: 100 };
const HUNDRED = new Uint8Array(100);

const DATAGRAMS: readonly FrameCase[] = [
  {
    name: 'DATAGRAM to one that takes none',
    payloads: [frame(Type.Datagram, [], HUNDRED)],
    code: Code.ProtocolViolation,
    covers: ['rfc9221-3-3'],
  },
  {
    name: 'DATAGRAM with a length to one that takes none',
    payloads: [frame(Type.DatagramWithLength, [100], HUNDRED)],
    code: Code.ProtocolViolation,
    covers: ['rfc9221-3-3'],
  },
  {
    name: 'DATAGRAM larger than max_datagram_frame_size',
    transport: TAKES_100,
    payloads: [frame(Type.Datagram, [], HUNDRED)],
    code: Code.ProtocolViolation,
    covers: ['rfc9221-3-4'],
  },
  {
    name: 'DATAGRAM that its length makes too large',
    transport: TAKES_100,
    payloads: [frame(Type.DatagramWithLength, [98], HUNDRED.subarray(2))],
    code: Code.ProtocolViolation,
    covers: ['rfc9221-3-4'],
  },
  {
    name: 'DATAGRAM longer than its packet',
    transport: TAKES_100,
    payloads: [frame(Type.DatagramWithLength, [60], HUNDRED.subarray(50))],
    code: Code.FrameEncoding,
  },
  {
    name: 'DATAGRAM in Handshake',
    transport: TAKES_100,
    level: Level.Handshake,
    payloads: [concatBytes(frame(Type.DatagramWithLength, [1], ONE_BYTE), PADDING)],
    code: Code.ProtocolViolation,
    covers: ['rfc9000-12.4-3'],
  },
].flatMap((one) => [
  { ...one, victim: 'server' as const },
  { ...one, victim: 'client' as const },
]);

const ASKED: TransportOptions = { ackFrequency: true };

const ACK_REQUESTS: readonly FrameCase[] = [
  {
    name: 'ACK_FREQUENCY to one that did not offer it',
    payloads: [frame(Type.AckFrequency, [0, 1, 25_000, 1])],
    code: Code.FrameEncoding,
  },
  {
    name: 'IMMEDIATE_ACK to one that did not offer it',
    payloads: [concatBytes(frame(Type.ImmediateAck), PADDING)],
    code: Code.FrameEncoding,
  },
  {
    name: 'ACK_FREQUENCY with a delay below min_ack_delay',
    transport: ASKED,
    payloads: [frame(Type.AckFrequency, [0, 1, 999, 1])],
    code: Code.ProtocolViolation,
  },
  {
    name: 'ACK_FREQUENCY with a delay of 2^14 ms',
    transport: ASKED,
    payloads: [frame(Type.AckFrequency, [0, 1, 2 ** 14 * 1000, 1])],
    code: Code.ProtocolViolation,
  },
  {
    name: 'ACK_FREQUENCY cut short',
    transport: ASKED,
    payloads: [frame(Type.AckFrequency, [0, 1, 25_000])],
    code: Code.FrameEncoding,
  },
  {
    name: 'IMMEDIATE_ACK in Handshake',
    transport: ASKED,
    level: Level.Handshake,
    payloads: [concatBytes(frame(Type.ImmediateAck), PADDING)],
    code: Code.ProtocolViolation,
  },
].flatMap((one) => [
  { ...one, victim: 'server' as const },
  { ...one, victim: 'client' as const },
]);

function ofFrames(group: string, cases: readonly FrameCase[]): ErrorCase[] {
  return cases.map((one) => ({
    name: one.name,
    group,
    victim: one.victim ?? 'server',
    ids: one.covers ?? [],
    code: one.code,
    play() {
      const level = one.level ?? Level.Application;
      const scene = meet(one.victim ?? 'server', level, one.transport);
      one.payloads.forEach((payload, index) => {
        const isLast = index === one.payloads.length - 1;
        if (scene.attacker.closeCode !== undefined) throw new Error(`it ended before input ${index}`);
        scene.attacker.send(level, payload, isLast ? { firstByte: one.firstByte ?? 0 } : {});
      });
      return scene;
    },
  }));
}

/** A handshake that stands where packets of `level` still count. */
export function meet(victim: Victim, level: Level, more: TransportOptions = {}): Scene {
  const silentFrom = level === Level.Application ? 99 : Level.Handshake;
  const options: Partial<AttackerOptions> = { silentFrom: silentFrom as Level };
  const transport = {
    streamWindowBytes: WINDOW,
    connectionWindowBytes: WINDOW + 5000,
    maxBidirectionalStreams: 5,
    maxUnidirectionalStreams: 5,
    ...more,
  };
  const context = victim === 'server' ? createServer({ transport }) : createClient({ transport });
  const attacker = victim === 'server' ? attackServer(context, options) : attackClient(context, options);
  const isConnected = eventsOf(context).some(({ type }) => type === 'connected');
  if (isConnected !== (level === Level.Application)) throw new Error('the handshake stands elsewhere');
  return { context, attacker };
}

type Change = (parameters: TransportParameters) => Uint8Array | void;

const raw =
  (id: number, value: Uint8Array): Change =>
  (parameters) =>
    concatBytes(encodeParameters(parameters, 1), encodeVarint(id), encodeVarint(value.length), value);
const set =
  (change: Partial<TransportParameters>): Change =>
  (parameters) => {
    Object.assign(parameters, change);
  };
const without = (name: 'initialSourceConnectionId' | 'originalDestinationConnectionId'): Change =>
  set({ [name]: undefined });

/** Wrong from either side. */
const PARAMETERS: readonly (readonly [string, Change, readonly string[]])[] = [
  ['initial_source_connection_id missing', without('initialSourceConnectionId'), ['rfc9000-7.3-3']],
  [
    'initial_source_connection_id wrong',
    set({ initialSourceConnectionId: new Uint8Array(8) }),
    ['rfc9000-7.3-1', 'rfc9000-7.3-2', 'rfc9000-7.3-4'],
  ],
  ['max_udp_payload_size 1199', set({ maxUdpPayloadSize: 1199 }), ['rfc9000-7.4-1']],
  ['ack_delay_exponent 21', set({ ackDelayExponent: 21 }), ['rfc9000-7.4-1']],
  ['max_ack_delay 2^14', set({ maxAckDelayMs: 2 ** 14 }), ['rfc9000-7.4-1']],
  ['active_connection_id_limit 1', set({ activeConnectionIdLimit: 1 }), ['rfc9000-18.2-9']],
  [
    'a parameter twice',
    (parameters) => concatBytes(encodeParameters(parameters, 1), Uint8Array.of(0x0f, 0)),
    ['rfc9000-7.4-3'],
  ],
  ['an integer with a byte behind it', raw(0x0b, Uint8Array.of(25, 0)), ['rfc9000-7.4-1']],
  [
    'a truncated parameter',
    (parameters) => concatBytes(encodeParameters(parameters, 1), Uint8Array.of(0x0b, 4, 1)),
    ['rfc9000-7.4-1'],
  ],
  ['min_ack_delay above max_ack_delay', set({ minAckDelayUs: 26_000 }), []],
  ['version_information of three bytes', raw(0x11, Uint8Array.of(0, 0, 1)), ['rfc9368-4-4']],
  ['version_information with version 0', raw(0x11, Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0)), []],
  ['disable_active_migration with a value', raw(0x0c, ONE_BYTE), ['rfc9000-7.4-1']],
  [
    'initial_max_streams_bidi above 2^60',
    (parameters) => {
      parameters.initialMaxStreamsBidi = 0;
      return raw(0x08, TOO_MANY)(parameters);
    },
    ['rfc9000-4.6-1'],
  ],
  [
    'initial_max_streams_uni above 2^60',
    (parameters) => {
      parameters.initialMaxStreamsUni = 0;
      return raw(0x09, TOO_MANY)(parameters);
    },
    ['rfc9000-4.6-1'],
  ],
];

/** What only a server may say. RFC 9000 §18.2 */
const OF_SERVERS: readonly (readonly [string, Change, readonly string[]])[] = [
  ['original_destination_connection_id', set({ originalDestinationConnectionId: new Uint8Array(8) })],
  ['retry_source_connection_id', set({ retrySourceConnectionId: new Uint8Array(8) })],
  ['stateless_reset_token', set({ statelessResetToken: TOKEN })],
  ['preferred_address', set({ preferredAddress: new Uint8Array(49).fill(8) })],
].map(([name, change]) => [name as string, change as Change, ['rfc9000-18.2-11']]);

/** What a server must say, and how. */
const BY_SERVERS: readonly (readonly [string, Change, readonly string[]])[] = [
  [
    'original_destination_connection_id missing',
    without('originalDestinationConnectionId'),
    ['rfc9000-7.3-3'],
  ],
  [
    'original_destination_connection_id wrong',
    set({ originalDestinationConnectionId: new Uint8Array(8) }),
    ['rfc9000-7.3-4'],
  ],
  [
    'retry_source_connection_id without a Retry',
    set({ retrySourceConnectionId: new Uint8Array(8) }),
    ['rfc9000-7.3-4'],
  ],
  ['stateless_reset_token of 15 bytes', set({ statelessResetToken: new Uint8Array(15) }), ['rfc9000-7.4-1']],
  ['a short preferred_address', set({ preferredAddress: new Uint8Array(20) }), ['rfc9000-7.4-1']],
];

/** A handshake that ends with what the options make wrong. */
function attack(victim: Victim, options: Partial<AttackerOptions>): Scene {
  const context = victim === 'server' ? createServer() : createClient();
  const attacker = victim === 'server' ? attackServer(context, options) : attackClient(context, options);
  return { context, attacker };
}

function ofParameters(victim: Victim, cases: typeof PARAMETERS): ErrorCase[] {
  return cases.map(([name, parameters, ids]) => ({
    ...{ name: `parameters: ${name}`, group: 'TRANSPORT_PARAMETER_ERROR', victim, ids },
    code: Code.TransportParameter,
    play: () => attack(victim, { parameters }),
  }));
}

const QUIC_PARAMETERS = 0x39;
const KEY_SHARE = 0x33;
const ALPN = 0x10;

/** A TLS alert is code 0x0100 and its number. RFC 9001 §4.8 */
const HANDSHAKES: readonly ErrorCase[] = [
  {
    name: 'version_information without the version that the client chose',
    ...{ group: 'TRANSPORT_PARAMETER_ERROR', victim: 'server', ids: [], code: Code.TransportParameter },
    play: () =>
      attack('server', { parameters: raw(0x11, Uint8Array.of(0, 0, 0, 1, 0x6b, 0x33, 0x43, 0xcf)) }),
  },
  ...(['server', 'client'] as const).map((victim) => ({
    name: 'version_information that tells of another version than the one in use',
    ...{ group: 'VERSION_NEGOTIATION_ERROR', victim, ids: [], code: Code.VersionNegotiation },
    play: () =>
      attack(victim, {
        parameters: raw(0x11, Uint8Array.of(0x6b, 0x33, 0x43, 0xcf, 0x6b, 0x33, 0x43, 0xcf, 0, 0, 0, 1)),
      }),
  })),
  ...(
    [
      ['quic_transport_parameters', ['rfc9001-8.2-1'], QUIC_PARAMETERS, 0x16d],
      ['key_share', [], KEY_SHARE, 0x16d],
      ['ALPN', ['rfc9001-8.1-1', 'rfc9000-7-2'], ALPN, 0x178],
    ] as const
  ).map(([name, ids, extension, code]) => ({
    ...{ name: `a ClientHello without ${name}`, group: 'CRYPTO_ERROR', victim: 'server' as const, ids, code },
    play: () =>
      attack('server', {
        edit: (level, bytes) => (level === Level.Initial ? withoutExtension(bytes, extension) : bytes),
      }),
  })),
  {
    ...{ name: 'no protocol in common', group: 'CRYPTO_ERROR', victim: 'server', code: 0x178 },
    ids: ['rfc9001-8.1-2', 'rfc9001-8.1-6', 'rfc9000-7-2'],
    play: () => attack('server', { alpn: ['other'] }),
  },
  {
    ...{ name: 'a server with another protocol', group: 'CRYPTO_ERROR', victim: 'client', code: 0x178 },
    ids: ['rfc9001-8.1-3', 'rfc9001-8.1-7'],
    play: () => attack('client', { chosenAlpn: 'other' }),
  },
  {
    name: 'EncryptedExtensions without quic_transport_parameters',
    ...{ group: 'CRYPTO_ERROR', victim: 'client', code: 0x16d, ids: ['rfc9001-8.2-2'] },
    play: () =>
      attack('client', {
        edit: (level, bytes) =>
          level === Level.Handshake && bytes[0] === 8 ? withoutExtension(bytes, QUIC_PARAMETERS) : bytes,
      }),
  },
  {
    name: 'a second ClientHello at a level that is over',
    ...{ group: 'PROTOCOL_VIOLATION', victim: 'server', code: Code.ProtocolViolation },
    ids: ['rfc9001-4.1.3-1', 'rfc9001-4.1.3-2'],
    play() {
      const scene = attack('server', { silentFrom: Level.Handshake });
      const { attacker } = scene;
      attacker.send(Level.Initial, cryptoFrame(attacker.cryptoOffset(Level.Initial), tlsMessage(1, TOKEN)));
      return scene;
    },
  },
  {
    name: 'handshake data far ahead of a ClientHello that never came',
    ...{ group: 'CRYPTO_BUFFER_EXCEEDED', victim: 'server', code: Code.CryptoBufferExceeded },
    ids: ['rfc9000-7.5-3', 'rfc9000-19.6-1'],
    play() {
      const context = createServer();
      const attacker = new Attacker({ victim: context, crypto: seededCrypto(5), isClient: true });
      attacker.send(Level.Initial, cryptoFrame(100_000, ONE_BYTE));
      return { context, attacker };
    },
  },
];

/** What a connection must bear: it goes on, and says nothing of it. */
const IGNORED: readonly ErrorCase[] = [
  ignored('parameters that nobody defined', 'server', ['rfc9000-7.4.2-1'], () =>
    attack('server', { parameters: raw(0x3abc, TOKEN) }),
  ),
  ignored('a packet with a number that came before', 'server', [], () => {
    const scene = meet('server', Level.Application);
    scene.attacker.send(Level.Application, PING, { number: 9 });
    scene.attacker.send(Level.Application, frame(0x21), { number: 9 });
    return scene;
  }),
  ignored('a 1-RTT packet whose tag is wrong', 'server', [], () => withDamage('server', -1)),
  ignored('a 1-RTT packet whose header was changed', 'client', [], () => withDamage('client', 1)),
  ignored('CONNECTION_CLOSE in an Initial packet after the handshake', 'server', [], () => {
    const scene = meet('server', Level.Application);
    // Keys of a client that goes on in Handshake packets are gone by now. RFC 9001 §4.9.1
    return send(scene, Level.Initial, frame(Type.ConnectionClose, [0, 0, 0]));
  }),
  ignored('CONNECTION_CLOSE in a Handshake packet after confirmation', 'server', [], () =>
    send(meet('server', Level.Application), Level.Handshake, frame(Type.ConnectionClose, [0, 0, 0])),
  ),
  ignored('ACKs of what was acknowledged before', 'server', [], () => {
    const scene = meet('server', Level.Application);
    const { number } = scene.attacker.seen.findLast(({ level }) => level === Level.Application)!;
    send(scene, Level.Application, ackFrame([number]));
    return send(scene, Level.Application, ackFrame([number]));
  }),
  ignored('MAX_DATA and MAX_STREAMS below what was allowed', 'server', ['rfc9000-4.1-3'], () =>
    send(
      meet('server', Level.Application),
      Level.Application,
      concatBytes(frame(Type.MaxData, [0]), frame(Type.MaxStreamsBidi, [0]), frame(Type.MaxStreamsUni, [0])),
    ),
  ),
  ignored('PATH_RESPONSE that answers no challenge', 'client', [], () =>
    send(
      meet('client', Level.Application),
      Level.Application,
      frame(Type.PathResponse, [], new Uint8Array(8)),
    ),
  ),
  ignored('NEW_CONNECTION_ID twice', 'server', [], () => {
    const scene = meet('server', Level.Application);
    send(scene, Level.Application, newId(1, 0));
    return send(scene, Level.Application, newId(1, 0));
  }),
  ignored('data of a stream that came before', 'server', [], () => {
    const scene = meet('server', Level.Application);
    send(scene, Level.Application, streamFrame(0, 0, TOKEN, true));
    return send(scene, Level.Application, streamFrame(0, 0, TOKEN, true));
  }),
  ignored('Version Negotiation to a server', 'server', [], () => {
    const scene = meet('server', Level.Application);
    scene.attacker.deliver(scene.attacker.forgedVersionNegotiation());
    return scene;
  }),
  ignored('Version Negotiation after the handshake', 'client', [], () => {
    const scene = meet('client', Level.Application);
    scene.attacker.deliver(scene.attacker.forgedVersionNegotiation());
    return scene;
  }),
  ignored('a Retry after the handshake', 'client', [], () => {
    const scene = meet('client', Level.Application);
    scene.attacker.deliver(scene.attacker.forgedRetry());
    return scene;
  }),
  ignored('a stateless reset whose token nobody gave', 'client', [], () => {
    const scene = meet('client', Level.Application);
    scene.attacker.deliver(concatBytes(Uint8Array.of(0x41), new Uint8Array(50)));
    return scene;
  }),
  ignored('a datagram of one byte', 'server', [], () => {
    const scene = meet('server', Level.Application);
    scene.attacker.deliver(ONE_BYTE);
    scene.attacker.deliver(Uint8Array.of(0x40));
    scene.attacker.deliver(Uint8Array.of(0xc0));
    return scene;
  }),
];

function ignored(name: string, victim: Victim, ids: readonly string[], play: () => Scene): ErrorCase {
  return { name, group: 'ignored', victim, ids, code: undefined, play };
}

function send(scene: Scene, level: Level, payload: Uint8Array): Scene {
  scene.attacker.send(level, payload);
  return scene;
}

/** A packet with a frame that would end the connection, and one bit changed. */
function withDamage(victim: Victim, at: number): Scene {
  const scene = meet(victim, Level.Application);
  const bytes = scene.attacker.packet(Level.Application, frame(0x21, [], TOKEN));
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = bytes[index]! ^ 1;
  scene.attacker.deliver(bytes);
  scene.attacker.pump();
  return scene;
}

/** All of them. */
export const ERROR_CASES: readonly ErrorCase[] = [
  ...ofFrames('FLOW_CONTROL_ERROR, FINAL_SIZE_ERROR', FLOW),
  ...ofFrames('STREAM_LIMIT_ERROR', STREAM_LIMIT),
  ...ofFrames('STREAM_STATE_ERROR', STREAM_STATE),
  ...ofFrames('FRAME_ENCODING_ERROR', ENCODING),
  ...ofFrames('PROTOCOL_VIOLATION', VIOLATIONS),
  ...ofFrames('limits', LIMITS),
  ...ofFrames('CRYPTO_ERROR', TLS),
  ...ofFrames('extensions', EXTENSIONS),
  ...ofFrames('DATAGRAM', DATAGRAMS),
  ...ofFrames('ACK_FREQUENCY', ACK_REQUESTS),
  ...ofParameters('server', [...PARAMETERS, ...OF_SERVERS]),
  ...ofParameters('client', [...PARAMETERS, ...BY_SERVERS]),
  ...HANDSHAKES,
  ...IGNORED,
];

/** Play a case: what the victim did otherwise than it must, or undefined. */
export function faultOf(one: ErrorCase): string | undefined {
  const { context, attacker } = one.play();
  const events = eventsOf(context);
  const ends = events.filter(({ type }) => type === 'closed');
  if (attacker.closeCode !== one.code)
    return `the peer was told ${codeText(attacker.closeCode)}, not ${codeText(one.code)}`;
  if (one.code === undefined) return ends.length === 0 ? undefined : 'the connection ended';
  // The code is in the one `closed` event, which is the last. RFC 9000 §11.1
  const end = events.at(-1);
  if (ends.length !== 1 || end?.type !== 'closed') return `${ends.length} events tell of the end`;
  const { reason } = end;
  const isRight = reason.kind === 'transport' && reason.code === one.code && !reason.remote;
  return isRight ? undefined : `the program was told ${JSON.stringify(reason)}`;
}

function codeText(code: number | undefined): string {
  return code === undefined ? 'nothing' : `0x${code.toString(16)}`;
}
