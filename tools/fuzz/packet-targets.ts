import { concatBytes, encodeVarint } from '@tsquic/bytes';
import type { TransportParameters } from '@tsquic/quic-core';
import { ackFrame, cryptoFrame, frame, streamFrame } from '@tsquic/adversary';
import { seededCrypto } from '@tsquic/testing/seeded';
import { Level } from '@tsquic/tls13';
import { FrameType as Type } from '../../packages/quic-core/src/frame/rules.ts';
import { encodeParameters } from '../../packages/quic-core/src/parameters/parameters.ts';
import { type Version, VERSION_1, VERSION_2 } from '../../packages/quic-core/src/version/versions.ts';
import { Attacker } from '../../packages/quic-core/test/support/attacker.ts';
import {
  attackClient,
  attackServer,
  createClient,
  createServer,
  eventsOf,
} from '../../packages/quic-core/test/support/contexts.ts';
import { type FuzzTarget, once } from './target.ts';

/**
 * Packets encrypted with the keys of a connection: the first byte chooses the victim's side and its state; then each packet
 * has a byte for its level and circumstances, a length and a payload.
 */
function packetsIn(name: string, weight: number, version: Version): FuzzTarget {
  return {
    name,
    weight,
    run(input) {
      const kind = input[0] ?? 0;
      const silentFrom = ((kind & 2) === 0 ? 99 : Level.Handshake) as Level;
      const options = { silentFrom, version };
      const attacker = (kind & 1) === 0 ? attackServer(createServer(), options) : attackOne(kind, options);
      playPackets(attacker, input, LEVELS);
    },
    seeds: () => KINDS.flatMap((kind) => packetLists().map((list) => concatBytes(Uint8Array.of(kind), list))),
  };
}

/** A client that begins in the attacker's version, or (bit 2) in version 1, from which the attacker changes to 2. */
function attackOne(kind: number, options: { silentFrom: Level; version: Version }): Attacker {
  const { version } = options;
  if ((kind & 4) === 0 || version === VERSION_1)
    return attackClient(createClient({ versions: [version.id] }), options);
  return attackClient(createClient({ versions: [VERSION_1.id, version.id] }), {
    ...options,
    peerVersion: VERSION_1,
    parameters: chooseVersion2,
  });
}

/** The parameters of a server that has chosen version 2. RFC 9368 §3 */
function chooseVersion2(parameters: TransportParameters): Uint8Array {
  const others = encodeParameters({ ...parameters, versionInformation: undefined }, 1);
  const words = new DataView(new ArrayBuffer(12));
  [VERSION_2.id, VERSION_1.id, VERSION_2.id].forEach((id, index) => words.setUint32(4 * index, id));
  return concatBytes(others, encodeVarint(0x11), encodeVarint(12), new Uint8Array(words.buffer));
}

function playPackets(attacker: Attacker, input: Uint8Array, levels: readonly Level[]): void {
  let at = 1;
  for (let count = 0; count < 20 && at + 2 < input.length; count++) {
    const how = input[at]!;
    const length = ((input[at + 1]! << 8) | input[at + 2]!) % 1100;
    const payload = input.slice(at + 3, at + 3 + length);
    at += 3 + length;
    const level = levels[how & 3]!;
    if (attacker.canWrite(level)) attacker.send(level, payload, (how & 4) === 0 ? {} : { number: how });
    if ((how & 8) !== 0) attacker.pass(how * 1000);
    if ((how & 16) !== 0) useStreams(attacker);
    if ((how & 32) !== 0 && !attacker.complete) attacker.finish();
  }
  attacker.pass(50_000);
  useStreams(attacker);
}

/** Read and use the streams and datagrams that came, like a program. */
function useStreams({ victim }: Attacker): void {
  const into = new Uint8Array(2000);
  for (const event of eventsOf(victim)) {
    const connection = victim.connection(event.connection);
    if (event.type === 'datagram-readable') while (connection?.datagrams.receive() !== undefined);
    if (event.type !== 'stream-readable') continue;
    const stream = connection?.stream(event.streamId);
    stream?.read(into);
    stream?.write(into.subarray(0, 100), true);
  }
}

const KINDS = [0, 1, 2, 3];
const LEVELS = [Level.Initial, Level.Handshake, Level.Application, Level.Application] as const;

/** Packets; `how` chooses their level, and what happens after each. */
function packetLists(how = 0x1a): Uint8Array[] {
  const one = (...payloads: readonly Uint8Array[]): Uint8Array =>
    concatBytes(
      ...payloads.map((payload) => Uint8Array.of(how, payload.length >> 8, payload.length, ...payload)),
    );
  const byte = Uint8Array.of(7);
  const id = concatBytes(Uint8Array.of(8), new Uint8Array(24).fill(5));
  return [
    one(streamFrame(0, 0, byte, true), frame(Type.ResetStream, [0, 1, 1])),
    one(streamFrame(2, 5, byte), streamFrame(2, 0, new Uint8Array(5), true)),
    one(frame(Type.MaxData, [100]), frame(Type.MaxStreamData, [0, 9]), frame(Type.MaxStreamsBidi, [30])),
    one(frame(Type.StopSending, [0, 1]), frame(Type.DataBlocked, [9]), frame(Type.StreamDataBlocked, [0, 9])),
    one(frame(Type.NewConnectionId, [1, 1], id), frame(Type.RetireConnectionId, [1])),
    one(frame(Type.PathChallenge, [], new Uint8Array(8)), frame(Type.PathResponse, [], new Uint8Array(8))),
    one(frame(Type.ConnectionClose, [1, 0, 0]), frame(Type.ApplicationClose, [1, 0])),
    one(ackFrame([0, 1, 3]), frame(Type.AckEcn, [1, 0, 0, 1, 1, 1, 1])),
    one(
      cryptoFrame(0, Uint8Array.of(24, 0, 0, 1, 0)),
      frame(Type.HandshakeDone),
      frame(Type.NewToken, [1], byte),
    ),
  ];
}

// 0-RTT

const TICKET_KEY = new Uint8Array(16).fill(4);
const SECOND_US = 1_000_000;
const EARLY_LEVELS = [Level.EarlyData, Level.EarlyData, Level.Initial, Level.Application] as const;

/** A server that accepts every use of a ticket, and delivers 0-RTT data at once or after the handshake. */
function createEarlyServer(isHeld: boolean) {
  return createServer({
    ticketKey: TICKET_KEY,
    earlyData: {
      replayStore: { use: () => true },
      delivery: isHeld ? 'after-handshake' : 'at-once',
    },
    transport: { maxDatagramFrameBytes: 65_535, ackFrequency: true },
  });
}

/** A session of such a server for each version, and a time after it was issued. */
const SESSIONS = once(() =>
  [VERSION_1, VERSION_2].map((version) => {
    const first = attackServer(createEarlyServer(false), { version });
    first.pass(SECOND_US);
    return { version, session: first.sessions[0]!, nowUs: first.nowUs };
  }),
);

/** 0-RTT packets with real keys to a server; bit 5 of a packet's first byte completes the handshake. */
const earlyPackets: FuzzTarget = {
  name: 'early-packets',
  weight: 3,
  run(input) {
    playPackets(resumeEarly(input[0] ?? 0), input, EARLY_LEVELS);
  },
  seeds() {
    const byte = Uint8Array.of(7);
    // Bit 5 (0x20) completes the handshake after a packet.
    const lists = [
      ...packetLists(0x18),
      concatBytes(
        ...[0x18, 0x18, 0x38, 0x1b].map((how, index) =>
          concatBytes(Uint8Array.of(how, 0, 5), streamFrame(4 * index, 0, byte, true).slice(0, 5)),
        ),
      ),
      concatBytes(Uint8Array.of(0x18, 0, 4), frame(Type.DatagramWithLength, [2], Uint8Array.of(1, 2))),
    ];
    return KINDS.flatMap((kind) => lists.map((list) => concatBytes(Uint8Array.of(kind), list)));
  },
};

/** A client that has sent its ClientHello with a session, and has keys of 0-RTT. */
export function resumeEarly(kind: number): Attacker {
  const { version, session, nowUs } = SESSIONS()[(kind >> 1) & 1]!;
  const attacker = new Attacker({
    victim: createEarlyServer((kind & 1) !== 0),
    crypto: seededCrypto(31),
    isClient: true,
    version,
    tlsClient: { session, earlyData: true, unixTimeMs: () => nowUs / 1000 },
    silentFrom: Level.Handshake,
  });
  attacker.nowUs = nowUs;
  return attacker.connect();
}

/** Packets of version 1, of version 2, and of 0-RTT. */
export const PACKET_TARGETS: readonly FuzzTarget[] = [
  packetsIn('packets', 4, VERSION_1),
  packetsIn('packets-v2', 2, VERSION_2),
  earlyPackets,
];
