import { concatBytes, encodeVarint } from '@tsquic/bytes';
import { Http3Code } from '@tsquic/http3';
import { type FieldLine, QpackEncoder } from '@tsquic/qpack';
import { FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import { frame, hugeVarint, streamFrame } from '@tsquic/adversary';
import type { AdversaryHost } from '../adversary-host.ts';
import type { AdversaryLimits, AdversaryScenario } from '../adversary-scenario.ts';
import { KNOWN_CAPSULE } from '../http3-program.ts';
import { BYTE, CLIENT, LITTLE_BYTES, QUIET, repeat } from './adversary-setting.ts';

/** A server of HTTP/3 that allows so many requests at once, as browsers like it. */
const SERVER = {
  ...CLIENT,
  http3: {},
  transport: { maxBidirectionalStreams: 1000 },
} as const;
/** The server gives up first. RFC 9114 §10.5 */
const OVERLOADED: AdversaryLimits = {
  ...{ code: 'application', applicationCode: Http3Code.ExcessiveLoad },
  ...{ bytesOutPerByteIn: 1, heldBytes: LITTLE_BYTES },
};

/** The first streams of a client that go one way. */
const [CONTROL, ENCODER] = [2, 6] as const;

function h3Frame(type: number, payload: Uint8Array): Uint8Array {
  return concatBytes(encodeVarint(type), encodeVarint(payload.length), payload);
}

function sectionOf(...lines: readonly (readonly [name: string, value: string])[]): Uint8Array {
  return new QpackEncoder().encode(
    0,
    lines.map(([name, value]): FieldLine => ({ name, value })),
  );
}

/** Send these bytes on a stream, in packets of a kilobyte. */
function sendStream(
  adversary: AdversaryHost,
  streamId: number,
  offset: number,
  bytes: Uint8Array,
  ends = false,
): void {
  for (let at = 0; at < bytes.length; at += 1000) {
    const piece = bytes.subarray(at, at + 1000);
    const isLast = at + 1000 >= bytes.length;
    adversary.send(Level.Application, streamFrame(streamId, offset + at, piece, ends && isLast));
  }
}

/** Send these bytes as the `index`-th request. */
function sendRequest(adversary: AdversaryHost, index: number, bytes: Uint8Array, ends = true): void {
  sendStream(adversary, 4 * index, 0, bytes, ends);
}

/** Resets the `index`-th request after these bytes. */
function resetOf(index: number, { length }: Uint8Array): Uint8Array {
  return frame(FrameType.ResetStream, [4 * index, Http3Code.RequestCancelled, length]);
}

/** Send these frames, which are as many bytes in each round, on the control stream; SETTINGS stand before the first. */
function sendControl(adversary: AdversaryHost, round: number, frames: Uint8Array): void {
  if (round === 0) sendStream(adversary, CONTROL, 0, CONTROL_HEAD);
  sendStream(adversary, CONTROL, CONTROL_HEAD.length + round * frames.length, frames);
}

/** The type of a control stream, and empty SETTINGS. */
const CONTROL_HEAD = Uint8Array.of(0x00, 0x04, 0x00);

/** An integer in four bytes. */
function wide(value: number): Uint8Array {
  return Uint8Array.of(0x80 | (value >>> 24), (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

const KILOBYTE = new Uint8Array(1000);
const TARGET = [
  [':scheme', 'https'],
  [':authority', 'server.test'],
  [':path', '/'],
] as const;
const REQUEST = h3Frame(0x01, sectionOf([':method', 'GET'], ...TARGET));
const TRAILERS = h3Frame(0x01, sectionOf(['a', 'b']));
const CONNECT = h3Frame(0x01, sectionOf([':method', 'CONNECT'], [':authority', 'server.test:443']));
const CONNECT_PROTOCOL = h3Frame(0x01, sectionOf([':method', 'CONNECT'], [':protocol', 'test'], ...TARGET));
/** Set Dynamic Table Capacity to 4096, and insert 'a' with 4000 bytes. RFC 9204 §4.3.1, §4.3.3 */
const LARGE_ENTRY = concatBytes(
  Uint8Array.of(0x3f, 0xe1, 0x1f),
  Uint8Array.of(0x41, 0x61, 0x7f, 0xa1, 0x1e),
  new Uint8Array(4000).fill(0x61),
);
/** Required Insert Count 1, and the newest entry five hundred times. RFC 9204 §4.5 */
const BOMB = concatBytes(Uint8Array.of(0x02, 0x00), new Uint8Array(500).fill(0x80));
/** Required Insert Count 5, and one of the entries. */
const BLOCKED = Uint8Array.of(0x06, 0x00, 0x80);

/** What HTTP/3 and QPACK may be made to store and to do. RFC 9114 §10.5, RFC 9204 §7 */
export const HTTP3_ABUSES: readonly AdversaryScenario[] = [
  {
    ...SERVER,
    name: 'adversary-h3-qpack-bomb',
    about: 'requests of five hundred bytes, each of which is a reference to an entry of 4000',
    attack: (adversary, round) => {
      if (round === 0) sendStream(adversary, ENCODER, 0, concatBytes(encodeVarint(2), LARGE_ENTRY));
      sendRequest(adversary, round, h3Frame(0x01, BOMB));
    },
    limits: OVERLOADED,
  },
  {
    ...SERVER,
    name: 'adversary-h3-fields-begun',
    about: 'HEADERS frames of 16000 bytes of which the first thousand come',
    attack: (adversary, round) =>
      sendRequest(adversary, round, concatBytes(Uint8Array.of(0x01), encodeVarint(16_000), KILOBYTE), false),
    // Two kilobytes each, and what a stream costs.
    limits: { bytesOutPerByteIn: 0.2, heldBytes: 2 * LITTLE_BYTES },
  },
  {
    ...SERVER,
    name: 'adversary-h3-fields-large',
    about: 'requests whose HEADERS frame announces more than is accepted',
    attack: (adversary, round) =>
      sendRequest(adversary, round, concatBytes(Uint8Array.of(0x01), encodeVarint(2 ** 30)), false),
    limits: OVERLOADED,
  },
  {
    ...SERVER,
    name: 'adversary-h3-trailers-again',
    about: 'trailers after trailers',
    attack: (adversary, round) =>
      sendRequest(adversary, round, concatBytes(REQUEST, ...Array.from({ length: 20 }, () => TRAILERS))),
    limits: { ...OVERLOADED, applicationCode: Http3Code.FrameUnexpected },
  },
  {
    ...SERVER,
    name: 'adversary-h3-trailers-large',
    about: 'trailers that announce more than is accepted',
    attack: (adversary, round) => {
      const announced = concatBytes(Uint8Array.of(0x01), encodeVarint(2 ** 30));
      sendRequest(adversary, round, concatBytes(REQUEST, announced), false);
    },
    limits: OVERLOADED,
  },
  {
    ...SERVER,
    name: 'adversary-h3-rapid-reset',
    about: 'requests that are reset as they are made',
    attack: (adversary, round) =>
      adversary.send(
        Level.Application,
        concatBytes(streamFrame(4 * round, 0, REQUEST), resetOf(round, REQUEST)),
      ),
    limits: OVERLOADED,
  },
  {
    ...SERVER,
    name: 'adversary-h3-rapid-tunnels',
    about: 'tunnels that are reset before the client can know that they are open',
    attack: (adversary, round) => {
      adversary.send(Level.Application, streamFrame(4 * round, 0, CONNECT));
      // A millisecond after the tunnel was answered, of the twenty that its acknowledgement takes.
      if (round > 0) adversary.send(Level.Application, resetOf(round - 1, CONNECT));
    },
    limits: OVERLOADED,
  },
  {
    ...SERVER,
    name: 'adversary-h3-control-frames',
    about: 'priorities of requests to come, MAX_PUSH_ID and frames without a meaning, without end',
    attack: (adversary, round) => {
      const frames = repeat(20, (i) => {
        const n = 20 * round + i;
        const priority = concatBytes(wide(4 * n), Uint8Array.of(0x75, 0x3d, 0x30));
        return concatBytes(
          h3Frame(0xf0700, priority),
          h3Frame(0x0d, wide(n)),
          h3Frame(0x21, new Uint8Array(20)),
        );
      });
      sendControl(adversary, round, frames);
    },
    limits: QUIET,
  },
  {
    ...SERVER,
    name: 'adversary-h3-priorities',
    about: 'the priority of one request, again and again',
    attack: (adversary, round) => {
      if (round === 0) sendRequest(adversary, 0, REQUEST, false);
      const update = (i: number): Uint8Array => Uint8Array.of(0, 0x75, 0x3d, 0x30 + (i % 8));
      sendControl(
        adversary,
        round,
        repeat(100, (i) => h3Frame(0xf0700, update(i))),
      );
    },
    limits: QUIET,
  },
  {
    ...SERVER,
    name: 'adversary-h3-settings',
    about: 'a SETTINGS frame of hundreds of settings',
    attack: (adversary) =>
      sendStream(
        adversary,
        CONTROL,
        0,
        concatBytes(
          Uint8Array.of(0x00),
          h3Frame(
            0x04,
            repeat(200, (i) => concatBytes(encodeVarint(0x100 + i), BYTE)),
          ),
        ),
      ),
    limits: OVERLOADED,
  },
  {
    ...SERVER,
    name: 'adversary-h3-datagrams',
    about: 'datagrams of a hundred requests whose heads are not complete',
    http3: { datagrams: true },
    transport: { maxDatagramFrameBytes: 1500 },
    rounds: 1000,
    attack: (adversary, round) => {
      if (round < 100) sendRequest(adversary, round, CONNECT_PROTOCOL.subarray(0, 4), false);
      for (let i = 0; i < 10; i++) {
        const payload = concatBytes(encodeVarint((10 * round + i) % 100), new Uint8Array(1100));
        adversary.send(Level.Application, frame(FrameType.DatagramWithLength, [payload.length], payload));
      }
    },
    // 256 KiB wait, of 11 MB.
    limits: { bytesOutPerByteIn: 0.1, heldBytes: LITTLE_BYTES },
  },
  {
    ...SERVER,
    name: 'adversary-h3-capsule-endless',
    about: 'capsules of 2^62 - 1 bytes, one that is skipped and one that the program knows',
    attack: (adversary, round) => {
      const endless = (type: number): Uint8Array =>
        concatBytes(
          CONNECT_PROTOCOL,
          h3Frame(0x00, concatBytes(encodeVarint(type), hugeVarint(0x3fff_ffff, 0xffff_ffff), KILOBYTE)),
        );
      if (round < 2) sendRequest(adversary, round, endless(round === 0 ? 0x17 : KNOWN_CAPSULE), false);
      else {
        const content = h3Frame(0x00, KILOBYTE);
        const from = endless(0x17).length + (round - 2) * content.length;
        adversary.send(Level.Application, streamFrame(0, from, content));
      }
    },
    limits: QUIET,
  },
  {
    ...SERVER,
    name: 'adversary-h3-blocked',
    about: 'more requests that wait for entries of the table than may wait',
    attack: (adversary, round) => sendRequest(adversary, round, h3Frame(0x01, BLOCKED), false),
    limits: { ...OVERLOADED, applicationCode: 0x200 },
  },
  {
    ...SERVER,
    name: 'adversary-h3-blocked-for-ever',
    about: 'as many such requests as may wait, with content after them',
    attack: (adversary, round) => {
      if (round >= 16) return;
      sendRequest(adversary, round, concatBytes(h3Frame(0x01, BLOCKED), h3Frame(0x00, KILOBYTE)), false);
    },
    limits: QUIET,
  },
  {
    ...SERVER,
    name: 'adversary-h3-stream-types',
    about: 'streams of types that nobody has defined',
    attack: (adversary, round) =>
      adversary.send(
        Level.Application,
        repeat(3, (i) => streamFrame(4 * ((3 * round + i) % 100) + 2, 0, Uint8Array.of(0x21, 1, 2, 3))),
      ),
    limits: QUIET,
  },
  {
    ...SERVER,
    name: 'adversary-h3-interim-endless',
    adversary: 'server',
    about: 'a server that answers 103 without end',
    attack: (adversary, round) => {
      const head = h3Frame(0x01, sectionOf([':status', '103']));
      adversary.send(
        Level.Application,
        repeat(10, (i) => streamFrame(0, (10 * round + i) * head.length, head)),
      );
    },
    limits: QUIET,
  },
];
