import { concatBytes } from '@tsquic/bytes';
import { TransportCode } from '@tsquic/quic-core';
import { FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import type { AdversaryHost } from '../adversary-host.ts';
import type { AdversaryScenario } from '../adversary-scenario.ts';
import { ackFrame, cryptoFrame, frame, hugeVarint, streamFrame } from '@tsquic/adversary';
import { BYTE, CHALLENGES, CLIENT, LITTLE_BYTES, QUIET, repeat } from './adversary-setting.ts';

const LARGEST = hugeVarint(0x3fff_ffff, 0xffff_ffff);
/** A connection that ends at once may cost only its CONNECTION_CLOSE. */
const ENDED = { bytesOutPerByteIn: 1.5, heldBytes: LITTLE_BYTES } as const;

/** Frames that are well-formed but wrong in this state, or that ask for more than there is. */
export const FRAME_ABUSES: readonly AdversaryScenario[] = [
  {
    ...CLIENT,
    name: 'adversary-silent-challenges',
    about: 'packets of a hundred PATH_CHALLENGEs, while nothing that comes is acknowledged',
    acknowledges: false,
    ...CHALLENGES,
  },
  {
    ...CLIENT,
    name: 'adversary-responses',
    about: 'PATH_RESPONSEs that answer nothing',
    attack: flood((round) => frame(FrameType.PathResponse, [], new Uint8Array(8).fill(round))),
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-stuffed-ids',
    about: 'NEW_CONNECTION_ID that retires all before it, and no RETIRE_CONNECTION_ID is acknowledged',
    acknowledges: false,
    attack: (adversary, round) =>
      adversary.send(
        Level.Application,
        repeat(20, (i) => newId(20 * round + i + 1)),
      ),
    limits: { ...ENDED, code: TransportCode.ConnectionIdLimit },
  },
  {
    ...CLIENT,
    name: 'adversary-unissued-retirement',
    about: 'RETIRE_CONNECTION_ID of an ID that was never given',
    attack: once(frame(FrameType.RetireConnectionId, [1000])),
    limits: { ...ENDED, code: TransportCode.ProtocolViolation },
  },
  {
    ...CLIENT,
    name: 'adversary-crypto-far',
    about: 'CRYPTO far ahead of all that was read, after the handshake',
    attack: once(cryptoFrame(1_000_000, BYTE)),
    limits: { ...ENDED, code: TransportCode.CryptoBufferExceeded },
  },
  {
    ...CLIENT,
    name: 'adversary-crypto-gaps',
    about: 'CRYPTO in single bytes with gaps, before the handshake is complete',
    until: 'half of it',
    attack: (adversary, round) =>
      adversary.send(
        Level.Handshake,
        repeat(200, (i) => cryptoFrame(2 * (200 * round + i) + 1, BYTE)),
      ),
    limits: { ...ENDED, code: TransportCode.CryptoBufferExceeded },
  },
  {
    ...CLIENT,
    name: 'adversary-crypto-empty',
    about: 'CRYPTO and STREAM frames of no bytes',
    attack: flood(() => concatBytes(cryptoFrame(0, new Uint8Array(0)), streamFrame(0, 0, new Uint8Array(0)))),
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-second-hello',
    about: 'handshake messages after the handshake: a ClientHello as the peer said it once',
    attack: once(cryptoFrame(0, Uint8Array.of(1, 0, 0, 4, 3, 3, 0, 0))),
    // unexpected_message. RFC 8446 §4.6, RFC 9001 §4.8
    limits: { ...ENDED, code: 0x10a },
  },
  {
    ...CLIENT,
    name: 'adversary-gaps',
    about: 'every other byte of a stream, forwards',
    rounds: 50,
    attack: (adversary, round) =>
      adversary.send(
        Level.Application,
        repeat(150, (i) => streamFrame(0, 2 * (150 * round + i) + 1, BYTE)),
      ),
    limits: { ...ENDED, code: TransportCode.InternalError },
  },
  {
    ...CLIENT,
    name: 'adversary-scattered',
    about: 'bytes of a stream in an order that is no order',
    rounds: 50,
    attack: (adversary, round) =>
      adversary.send(
        Level.Application,
        repeat(150, (i) => streamFrame(0, 1 + (((150 * round + i) * 7919) % 200_003), BYTE)),
      ),
    limits: { ...ENDED, code: TransportCode.InternalError },
  },
  {
    ...CLIENT,
    name: 'adversary-huge-offset',
    about: 'STREAM at the end of all offsets',
    attack: once(concatBytes(frame(0x0c, [0]), LARGEST, BYTE)),
    limits: { ...ENDED, code: TransportCode.FlowControl },
  },
  {
    ...CLIENT,
    name: 'adversary-huge-reset',
    about: 'RESET_STREAM with the largest final size there is',
    attack: once(concatBytes(frame(FrameType.ResetStream, [0, 0]), LARGEST)),
    limits: { ...ENDED, code: TransportCode.FlowControl },
  },
  {
    ...CLIENT,
    name: 'adversary-huge-limits',
    about: 'limits of 2^62-1, which are allowed',
    attack: (adversary) =>
      adversary.send(
        Level.Application,
        concatBytes(
          Uint8Array.of(FrameType.MaxData),
          LARGEST,
          streamFrame(0, 0, BYTE),
          frame(FrameType.MaxStreamData, [0]),
          LARGEST,
        ),
      ),
    limits: { bytesOutPerByteIn: 2, heldBytes: LITTLE_BYTES },
  },
  ...([FrameType.Stream, FrameType.ResetStream, FrameType.StopSending, FrameType.MaxStreamData] as const).map(
    (type): AdversaryScenario => ({
      ...CLIENT,
      name: `adversary-stream-beyond-0x${type.toString(16)}`,
      about: `a stream beyond the limit, opened by frame 0x${type.toString(16)}`,
      attack: once(frame(type, [4 * 100, 0, 0].slice(0, type === FrameType.ResetStream ? 3 : 2))),
      limits: { ...ENDED, code: TransportCode.StreamLimit },
    }),
  ),
  {
    ...CLIENT,
    name: 'adversary-many-blocked',
    about: 'STREAMS_BLOCKED and STREAM_DATA_BLOCKED for a hundred streams',
    attack: (adversary) =>
      adversary.send(
        Level.Application,
        concatBytes(
          frame(FrameType.StreamsBlockedBidi, [100]),
          repeat(100, (i) => frame(FrameType.StreamDataBlocked, [4 * i, 5])),
        ),
      ),
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-churn',
    about: 'streams that are opened and ended as fast as the limit lets them',
    attack: (adversary) => {
      const granted = adversary.endpoint.framesOf(FrameType.MaxStreamsUni).at(-1)?.values[0] ?? 100;
      const opened = churned.get(adversary) ?? 0;
      const count = Math.min(40, granted - opened);
      churned.set(adversary, opened + Math.max(0, count));
      if (count > 0)
        adversary.send(
          Level.Application,
          repeat(count, (i) => streamFrame(4 * (opened + i) + 2, 0, BYTE, true)),
        );
    },
    limits: { bytesOutPerByteIn: 0.5, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-stop-orders',
    about: 'STOP_SENDING, RESET_STREAM and STREAM of one stream in every order',
    rounds: 24,
    attack: (adversary, round) => {
      const id = 4 * round;
      const parts = [
        streamFrame(id, 0, BYTE, true),
        frame(FrameType.StopSending, [id, 1]),
        frame(FrameType.ResetStream, [id, 2, 1]),
        frame(FrameType.MaxStreamData, [id, 9]),
      ];
      adversary.send(Level.Application, concatBytes(...permutation(parts, round)));
    },
    limits: { bytesOutPerByteIn: 4, heldBytes: LITTLE_BYTES },
  },
  ...(
    [
      ['server-frames', 'HANDSHAKE_DONE from a client', frame(FrameType.HandshakeDone), 0x0a],
      ['given-token', 'NEW_TOKEN from a client', frame(FrameType.NewToken, [1], BYTE), 0x0a],
      ['no-frames', 'a packet without frames', new Uint8Array(0), 0x0a],
      ['unknown-frame', 'a frame that nobody defined', frame(0x21), 0x07],
      ['ack-underflow', 'an ACK whose first range goes below 0', frame(FrameType.Ack, [0, 0, 0, 1]), 0x07],
      ['ack-gap', 'an ACK whose gap goes below 0', frame(FrameType.Ack, [1, 0, 1, 0, 0, 0]), 0x07],
      [
        'ack-ranges',
        'an ACK that says it has 2^62-1 ranges',
        concatBytes(frame(FrameType.Ack, [5, 0]), LARGEST, new Uint8Array(8)),
        0x07,
      ],
      ['ack-unsent', 'an ACK of what was never sent', frame(FrameType.Ack, [100_000, 0, 0, 0]), 0x0a],
    ] as const
  ).map(([name, about, payload, code]): AdversaryScenario => ({
    ...CLIENT,
    name: `adversary-${name}`,
    about,
    attack: once(payload),
    limits: { ...ENDED, code },
  })),
  ...([Level.Initial, Level.Handshake] as const).map((level): AdversaryScenario => ({
    ...CLIENT,
    name: `adversary-ack-unsent-${level === Level.Initial ? 'initial' : 'handshake'}`,
    about: `an ACK of what was never sent, in the ${level === Level.Initial ? 'Initial' : 'Handshake'} space`,
    until: 'half of it',
    // An ACK frame in a Handshake packet would end the Initial space. RFC 9001 §4.9.1
    acknowledges: false,
    attack: (adversary, round) => {
      if (round === 0) adversary.send(level, frame(FrameType.Ack, [100_000, 0, 0, 0]));
    },
    limits: { ...ENDED, code: TransportCode.ProtocolViolation },
  })),
  {
    ...CLIENT,
    name: 'adversary-optimist',
    about: 'packets are acknowledged before they come, so that more is sent',
    program: { responseBytes: 5_000_000 },
    parameters: (parameters) => {
      parameters.initialMaxData = 2 ** 40;
      parameters.initialMaxStreamDataBidiLocal = 2 ** 40;
    },
    acknowledges: false,
    attack: (adversary, round) => {
      if (round === 0) return adversary.send(Level.Application, streamFrame(0, 0, BYTE, true));
      const numbers = adversary.endpoint.seen.filter(({ level }) => level === Level.Application);
      const largest = Math.max(...numbers.slice(-50).map(({ number }) => number));
      // The largest number that the peer has sent by the time the frame arrives, with a number that it
      // skipped.
      return adversary.send(Level.Application, frame(FrameType.Ack, [largest, 0, 0, largest]));
    },
    limits: {
      code: TransportCode.ProtocolViolation,
      bytesOutPerByteIn: 0,
      bytesOutAtMost: 3_000_000,
      heldBytes: 2 * LITTLE_BYTES,
    },
  },
  {
    ...CLIENT,
    name: 'adversary-rtt-lies',
    about: 'ACKs that say they waited for 2^53 microseconds',
    acknowledges: false,
    attack: (adversary) => {
      const { number } = adversary.endpoint.seen.findLast(({ level }) => level === Level.Application)!;
      adversary.send(Level.Application, concatBytes(frame(FrameType.Ack, [number, 2 ** 53, 0, 0]), PING));
    },
    // The program's data is not acknowledged and is sent more than once.
    limits: { bytesOutPerByteIn: 1, bytesOutAtMost: 60_000, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-holes',
    about: 'every other packet number is left out',
    attack: (adversary) => {
      for (let i = 0; i < 10; i++) {
        adversary.endpoint.numbers[Level.Application]!++;
        adversary.send(Level.Application, PING);
      }
    },
    // At most 64 ranges are reported, in about every second packet.
    limits: { bytesOutPerByteIn: 4, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-number-leap',
    about: 'packet numbers that leap by a billion',
    rounds: 50,
    attack: (adversary, round) => adversary.send(Level.Application, PING, { number: (round + 1) * 2 ** 20 }),
    limits: { bytesOutPerByteIn: 4, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-after-close',
    about: 'frames behind a CONNECTION_CLOSE in its packet, and packets behind it',
    goesOn: true,
    attack: (adversary) =>
      adversary.send(
        Level.Application,
        concatBytes(frame(FrameType.ApplicationClose, [7, 0]), streamFrame(0, 0, BYTE, true)),
      ),
    limits: { ...QUIET, code: 'application' },
  },
  {
    ...CLIENT,
    name: 'adversary-deaf',
    about: 'whoever was told of the end goes on as if nothing had happened',
    goesOn: true,
    attack: (adversary) => adversary.send(Level.Application, frame(0x21, [], new Uint8Array(500))),
    // Fewer and fewer packets are answered. RFC 9000 §10.2.1
    limits: { ...QUIET, code: TransportCode.FrameEncoding },
  },
  {
    ...CLIENT,
    name: 'adversary-replies',
    about: 'ACKs of ACKs of ACKs',
    attack: (adversary) => {
      const numbers = adversary.endpoint.seen.filter(({ level }) => level === Level.Application);
      adversary.send(Level.Application, ackFrame(numbers.slice(-60).map(({ number }) => number)));
    },
    limits: QUIET,
  },
];

const PING = frame(FrameType.Ping);
/** How many streams each adversary has opened. */
const churned = new WeakMap<AdversaryHost, number>();

/** One packet with this payload, and no more. */
function once(payload: Uint8Array): AdversaryScenario['attack'] {
  return (adversary) => adversary.send(Level.Application, payload);
}

/** Packets full of a frame that each round makes. */
function flood(make: (round: number) => Uint8Array): AdversaryScenario['attack'] {
  return (adversary, round) => {
    const bytes = make(round);
    adversary.send(
      Level.Application,
      repeat(Math.floor(1100 / bytes.length), () => bytes),
    );
  };
}

function newId(sequence: number): Uint8Array {
  const id = new Uint8Array(25).fill(sequence, 3);
  id[0] = 8;
  id[1] = sequence >> 8;
  id[2] = sequence;
  return frame(FrameType.NewConnectionId, [sequence, sequence], id);
}

/** The permutation with this number. */
function permutation<Item>(items: readonly Item[], number: number): Item[] {
  const left = [...items];
  const order: Item[] = [];
  for (let rest = number; left.length > 0; rest = Math.floor(rest / (left.length + 1)))
    order.push(...left.splice(rest % left.length, 1));
  return order;
}
