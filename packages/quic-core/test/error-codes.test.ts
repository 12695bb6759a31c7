import { describe, expect, test } from '@jest/globals';
import { concatBytes, encodeVarint } from '@tsquic/bytes';
import { Level } from '@tsquic/tls13';
import { covers } from '../../../tools/covers.ts';
import type { QuicContext } from '../src/context/context.ts';
import { TransportCode as Code } from '../src/errors/transport-error.ts';
import { FrameType as Type } from '../src/frame/rules.ts';
import { encodeParameters, type TransportParameters } from '../src/handshake/parameters.ts';
import { Attacker, type AttackerOptions, PADDING, PING } from './support/attacker.ts';
import {
  attackClient,
  attackServer,
  createClient,
  createServer,
  eventsOf,
  seededCrypto,
} from './support/contexts.ts';
import { cryptoFrame, frame, hugeVarint, streamFrame } from './support/frames.ts';
import { tlsMessage, withoutExtension } from './support/tls-messages.ts';

type Victim = 'server' | 'client';

interface Case {
  readonly name: string;
  /** Who is attacked. Default: the server. */
  readonly victim?: Victim;
  /** Of the packets. Default: 1-RTT. */
  readonly level?: Level;
  /** Payloads of packets, one after the other; the last is wrong. */
  readonly payloads: readonly Uint8Array[];
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

const FLOW: readonly Case[] = [
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

const STREAM_LIMIT: readonly Case[] = [
  { name: 'STREAM, bidirectional', payloads: [streamFrame(4 * 5, 0, ONE_BYTE)] },
  { name: 'STREAM, unidirectional', payloads: [streamFrame(4 * 5 + 2, 0, ONE_BYTE)] },
  { name: 'RESET_STREAM', payloads: [frame(Type.ResetStream, [4 * 5, 0, 0])] },
  { name: 'STOP_SENDING', payloads: [frame(Type.StopSending, [4 * 5, 0])] },
  { name: 'MAX_STREAM_DATA', payloads: [frame(Type.MaxStreamData, [4 * 5, 1])] },
  { name: 'STREAM_DATA_BLOCKED', payloads: [frame(Type.StreamDataBlocked, [4 * 5 + 2, 1])] },
].map((one) => ({ ...one, code: Code.StreamLimit, covers: ['rfc9000-4.6-3', 'rfc9000-19.11-4'] }));

const STREAM_STATE: readonly Case[] = [
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

const ENCODING: readonly Case[] = [
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

const VIOLATIONS: readonly Case[] = [
  { name: 'no frames, 1-RTT', payloads: [new Uint8Array(0)], covers: ['rfc9000-12.4-2', 'rfc9000-12.4-1'] },
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
  { name: 'a frame type in two bytes', payloads: [Uint8Array.of(0x40, 0x01)], covers: ['rfc9000-12.4-5'] },
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
    covers: ['rfc9000-19.16-2'],
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
    covers: ['rfc9000-12.4-3'],
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

const LIMITS: readonly Case[] = [
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

const TLS: readonly Case[] = [
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
    covers: ['rfc9001-4.4-5', 'rfc9001-4.4-6'],
  },
];

describe(`a victim closes with the code of the RFC ${covers('rfc9000-11.1-1', 'rfc9000-11-1', 'rfc9000-11-2', 'rfc9000-5.2-2')}`, () => {
  test.each(
    [...FLOW, ...STREAM_LIMIT, ...STREAM_STATE, ...ENCODING, ...VIOLATIONS, ...LIMITS, ...TLS].map(
      (one) => [one.name, covers(...(one.covers ?? [])), one] as const,
    ),
  )('%s %s', (_name, _ids, one) => {
    const level = one.level ?? Level.Application;
    const { context, attacker } = meet(one.victim ?? 'server', level);
    one.payloads.forEach((payload, index) => {
      const isLast = index === one.payloads.length - 1;
      expect(attacker.closeCode).toBeUndefined();
      attacker.send(level, payload, isLast ? { firstByte: one.firstByte ?? 0 } : {});
    });
    expectClosed(context, attacker, one.code);
  });
});

/** A handshake that stands where packets of `level` still count. */
function meet(victim: Victim, level: Level): { context: QuicContext; attacker: Attacker } {
  const silentFrom = level === Level.Application ? 99 : Level.Handshake;
  const options: Partial<AttackerOptions> = { silentFrom: silentFrom as Level };
  const transport = {
    streamWindowBytes: WINDOW,
    connectionWindowBytes: WINDOW + 5000,
    maxBidirectionalStreams: 5,
    maxUnidirectionalStreams: 5,
  };
  const context = victim === 'server' ? createServer({ transport }) : createClient({ transport });
  const attacker = victim === 'server' ? attackServer(context, options) : attackClient(context, options);
  expect(eventsOf(context).some(({ type }) => type === 'connected')).toBe(level === Level.Application);
  return { context, attacker };
}

/** The code is on the wire and in the one `closed` event, which is the last. RFC 9000 §11.1 */
function expectClosed(context: QuicContext, attacker: Attacker, code: number): void {
  expect(attacker.closeCode).toBe(code);
  const events = eventsOf(context);
  expect(events.filter(({ type }) => type === 'closed')).toHaveLength(1);
  expect(events.at(-1)).toMatchObject({ type: 'closed', reason: { kind: 'transport', code, remote: false } });
}

test(`handshake data far ahead of a ClientHello that never came ${covers('rfc9000-7.5-3', 'rfc9000-19.6-1')}`, () => {
  const server = createServer();
  const attacker = new Attacker({ victim: server, crypto: seededCrypto(5), isClient: true });
  attacker.send(Level.Initial, cryptoFrame(100_000, ONE_BYTE));
  expectClosed(server, attacker, Code.CryptoBufferExceeded);
});

test('a stream ID beyond every limit, whose type is lost with its precision, closes as well', () => {
  const { attacker } = meet('server', Level.Application);
  attacker.send(
    Level.Application,
    concatBytes(Uint8Array.of(0x08), hugeVarint(0x3fff_ffff, 0xffff_fffe), ONE_BYTE),
  );
  expect([Code.StreamLimit, Code.StreamState]).toContain(attacker.closeCode);
});

describe('transport parameters', () => {
  const raw =
    (id: number, value: Uint8Array) =>
    (parameters: TransportParameters): Uint8Array =>
      concatBytes(encodeParameters(parameters, 1), encodeVarint(id), encodeVarint(value.length), value);
  const set =
    (change: Partial<TransportParameters>) =>
    (parameters: TransportParameters): void => {
      Object.assign(parameters, change);
    };
  const without = (name: 'initialSourceConnectionId' | 'originalDestinationConnectionId') =>
    set({ [name]: undefined });

  const ranges: readonly [string, (parameters: TransportParameters) => Uint8Array | void, string[]][] = [
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
    ['initial_max_streams_bidi above 2^60', raw(0x3f08, TOO_MANY), []],
    [
      'a parameter twice',
      (parameters) => concatBytes(encodeParameters(parameters, 1), Uint8Array.of(0x0f, 0)),
      ['rfc9000-7.4-3'],
    ],
    [
      'an integer with a byte behind it',
      (parameters) => raw(0x0b, Uint8Array.of(25, 0))(parameters),
      ['rfc9000-7.4-1'],
    ],
    [
      'a truncated parameter',
      (parameters) => concatBytes(encodeParameters(parameters, 1), Uint8Array.of(0x0b, 4, 1)),
      ['rfc9000-7.4-1'],
    ],
    ['disable_active_migration with a value', raw(0x0c, ONE_BYTE), ['rfc9000-7.4-1']],
  ];
  const streamCounts: typeof ranges = [
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
  const bothRoles = [...ranges.filter(([name]) => !name.startsWith('initial_max')), ...streamCounts];

  test.each(bothRoles.map(([name, change, ids]) => [name, covers(...ids), change] as const))(
    'from a client: %s %s',
    (_name, _ids, parameters) => {
      const server = createServer();
      expectClosed(server, attackServer(server, { parameters }), Code.TransportParameter);
    },
  );

  test.each(bothRoles.map(([name, change, ids]) => [name, covers(...ids), change] as const))(
    'from a server: %s %s',
    (_name, _ids, parameters) => {
      const client = createClient();
      expectClosed(client, attackClient(client, { parameters }), Code.TransportParameter);
    },
  );

  test.each([
    ['original_destination_connection_id', set({ originalDestinationConnectionId: new Uint8Array(8) })],
    ['retry_source_connection_id', set({ retrySourceConnectionId: new Uint8Array(8) })],
    ['stateless_reset_token', set({ statelessResetToken: TOKEN })],
    ['preferred_address', set({ preferredAddress: new Uint8Array(49).fill(8) })],
  ])(`from a client: %s ${covers('rfc9000-18.2-1', 'rfc9000-18.2-11')}`, (_name, parameters) => {
    const server = createServer();
    expectClosed(server, attackServer(server, { parameters }), Code.TransportParameter);
  });

  test.each([
    [
      'original_destination_connection_id missing',
      covers('rfc9000-7.3-3'),
      without('originalDestinationConnectionId'),
    ],
    [
      'original_destination_connection_id wrong',
      covers('rfc9000-7.3-4'),
      set({ originalDestinationConnectionId: new Uint8Array(8) }),
    ],
    [
      'retry_source_connection_id without a Retry',
      covers('rfc9000-7.3-4'),
      set({ retrySourceConnectionId: new Uint8Array(8) }),
    ],
    [
      'stateless_reset_token of 15 bytes',
      covers('rfc9000-7.4-1'),
      set({ statelessResetToken: new Uint8Array(15) }),
    ],
    ['a short preferred_address', covers('rfc9000-7.4-1'), set({ preferredAddress: new Uint8Array(20) })],
  ])('from a server: %s %s', (_name, _ids, parameters) => {
    const client = createClient();
    expectClosed(client, attackClient(client, { parameters }), Code.TransportParameter);
  });

  test(`unknown parameters are ignored ${covers('rfc9000-7.4.2-1')}`, () => {
    const server = createServer();
    const attacker = attackServer(server, { parameters: raw(0x3abc, TOKEN) });
    expect(attacker.closeCode).toBeUndefined();
    expect(eventsOf(server).some(({ type }) => type === 'connected')).toBe(true);
  });
});

describe('TLS', () => {
  const QUIC_PARAMETERS = 0x39;
  const KEY_SHARE = 0x33;

  test.each([
    ['quic_transport_parameters', covers('rfc9001-8.2-1'), QUIC_PARAMETERS, 0x16d],
    ['key_share', covers(), KEY_SHARE, 0x16d],
    ['ALPN', covers('rfc9001-8.1-1', 'rfc9000-7-2'), 0x10, 0x178],
  ])('a ClientHello without %s %s', (_name, _ids, extension, code) => {
    const server = createServer();
    const attacker = attackServer(server, {
      edit: (level, bytes) => (level === Level.Initial ? withoutExtension(bytes, extension) : bytes),
    });
    expectClosed(server, attacker, code);
  });

  test(`no protocol in common ${covers('rfc9001-8.1-2', 'rfc9001-8.1-6', 'rfc9000-7-2')}`, () => {
    const server = createServer();
    expectClosed(server, attackServer(server, { alpn: ['other'] }), 0x178);
  });

  test(`a server with another protocol ${covers('rfc9001-8.1-3', 'rfc9001-8.1-7')}`, () => {
    const client = createClient();
    const attacker = attackClient(client, { chosenAlpn: 'other' });
    expectClosed(client, attacker, 0x178);
  });

  test(`EncryptedExtensions without quic_transport_parameters ${covers('rfc9001-8.2-2')}`, () => {
    const client = createClient();
    const attacker = attackClient(client, {
      edit: (level, bytes) =>
        level === Level.Handshake && bytes[0] === 8 ? withoutExtension(bytes, QUIC_PARAMETERS) : bytes,
    });
    expectClosed(client, attacker, 0x16d);
  });

  test(`a second ClientHello at a level that is over ${covers('rfc9001-4.1.3-1', 'rfc9001-4.1.3-2')}`, () => {
    const server = createServer();
    const attacker = attackServer(server, { silentFrom: Level.Handshake });
    attacker.send(Level.Initial, cryptoFrame(attacker.cryptoOffset(Level.Initial), tlsMessage(1, TOKEN)));
    expectClosed(server, attacker, Code.ProtocolViolation);
  });
});
