import { concatBytes, encodeVarint } from '@tsquic/bytes';
import { type FieldLine, QpackEncoder } from '@tsquic/qpack';
import { FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import { frame, hugeVarint, streamFrame } from '@tsquic/adversary';
import type { AdversaryScenario } from '../adversary-scenario.ts';
import { createWebTransportProgram } from '../webtransport-program.ts';
import { CLIENT, LITTLE_BYTES, QUIET } from './adversary-setting.ts';

/** A server of WebTransport whose program reads nothing. */
const SERVER = {
  ...CLIENT,
  program: { onEvent: createWebTransportProgram() },
  transport: { maxBidirectionalStreams: 1000, maxUnidirectionalStreams: 1000, maxDatagramFrameBytes: 1500 },
} as const;

function h3Frame(type: number, payload: Uint8Array): Uint8Array {
  return concatBytes(encodeVarint(type), encodeVarint(payload.length), payload);
}

const HEAD: readonly FieldLine[] = [
  { name: ':method', value: 'CONNECT' },
  { name: ':protocol', value: 'webtransport' },
  { name: ':scheme', value: 'https' },
  { name: ':authority', value: 'server.test' },
  { name: ':path', value: '/' },
];
const CONNECT = h3Frame(0x01, new QpackEncoder().encode(0, HEAD));
/** A control stream with SETTINGS of draft 02 and of datagrams. */
const CONTROL = concatBytes(
  Uint8Array.of(0x00),
  h3Frame(0x04, concatBytes(Uint8Array.of(0x33, 0x01), encodeVarint(0x2b603742), Uint8Array.of(0x01))),
);
/** The type of a stream of one way, and the session of the first request. */
const UNI = Uint8Array.of(0x40, 0x54, 0x00);
const KILOBYTE = new Uint8Array(1000);

/** SETTINGS and a session, before the attack. */
function openSession(): Uint8Array {
  return concatBytes(streamFrame(2, 0, CONTROL), streamFrame(0, 0, CONNECT));
}

/** The `index`-th stream of one way, after the control stream. */
function uniId(index: number): number {
  return 4 * index + 6;
}

/** What WebTransport may be made to store and to do. draft-ietf-webtrans-http3 §8 */
export const WEB_TRANSPORT_ABUSES: readonly AdversaryScenario[] = [
  {
    ...SERVER,
    name: 'adversary-wt-unread',
    about: 'streams of a session, of a kilobyte each, to a program that reads none',
    attack: (adversary, round) => {
      if (round === 0) adversary.send(Level.Application, openSession());
      adversary.send(Level.Application, streamFrame(uniId(round), 0, concatBytes(UNI, KILOBYTE)));
    },
    limits: QUIET,
  },
  {
    ...SERVER,
    name: 'adversary-wt-strays',
    about: 'streams of sessions that never come',
    attack: (adversary, round) => {
      if (round === 0) adversary.send(Level.Application, openSession());
      const header = concatBytes(Uint8Array.of(0x40, 0x54), encodeVarint(4 * (2000 + round)));
      adversary.send(Level.Application, streamFrame(uniId(round), 0, concatBytes(header, KILOBYTE)));
    },
    limits: QUIET,
  },
  {
    ...SERVER,
    name: 'adversary-wt-rapid-reset',
    about: 'streams of a session that are reset as they are opened',
    attack: (adversary, round) => {
      if (round === 0) adversary.send(Level.Application, openSession());
      const id = uniId(round);
      const reset = frame(FrameType.ResetStreamAt, [id, 0, UNI.length, UNI.length]);
      adversary.send(Level.Application, concatBytes(streamFrame(id, 0, UNI), reset));
    },
    limits: QUIET,
  },
  {
    ...SERVER,
    name: 'adversary-wt-datagrams',
    about: 'datagrams of a session, to a program that reads none',
    rounds: 1000,
    attack: (adversary, round) => {
      if (round === 0) adversary.send(Level.Application, openSession());
      for (let i = 0; i < 10; i++) {
        const payload = concatBytes(Uint8Array.of(0x00), new Uint8Array(1100));
        adversary.send(Level.Application, frame(FrameType.DatagramWithLength, [payload.length], payload));
      }
    },
    limits: { bytesOutPerByteIn: 0.1, heldBytes: LITTLE_BYTES },
  },
  {
    ...SERVER,
    name: 'adversary-wt-capsule-endless',
    about: 'a capsule of 2^62 - 1 bytes without a meaning, without end',
    attack: (adversary, round) => {
      if (round === 0) adversary.send(Level.Application, openSession());
      const head = h3Frame(0x00, concatBytes(encodeVarint(0x17), hugeVarint(0x3fff_ffff, 0xffff_ffff)));
      const content = h3Frame(0x00, KILOBYTE);
      const at = CONNECT.length + (round === 0 ? 0 : head.length + (round - 1) * content.length);
      adversary.send(Level.Application, streamFrame(0, at, round === 0 ? head : content));
    },
    limits: QUIET,
  },
  {
    ...SERVER,
    name: 'adversary-wt-close-endless',
    about: 'WT_CLOSE_SESSION of 2^62 - 1 bytes, in session after session',
    attack: (adversary, round) => {
      if (round === 0) adversary.send(Level.Application, streamFrame(2, 0, CONTROL));
      const capsule = concatBytes(encodeVarint(0x2843), hugeVarint(0x3fff_ffff, 0xffff_ffff), KILOBYTE);
      adversary.send(
        Level.Application,
        streamFrame(4 * round, 0, concatBytes(CONNECT, h3Frame(0x00, capsule).subarray(0, 900))),
      );
    },
    limits: { code: 'application', applicationCode: 0x107, bytesOutPerByteIn: 1, heldBytes: LITTLE_BYTES },
  },
  {
    ...SERVER,
    name: 'adversary-wt-sessions',
    about: 'session after session beside one that is open',
    attack: (adversary, round) => {
      if (round === 0) adversary.send(Level.Application, openSession());
      else adversary.send(Level.Application, streamFrame(4 * round, 0, CONNECT));
    },
    limits: { bytesOutPerByteIn: 1, heldBytes: 2 * LITTLE_BYTES },
  },
];
