import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { Level } from '@tsquic/tls13';
import type { QuicContextOptions } from '../src/config/config.ts';
import { TransportCode as Code } from '../src/errors/transport-error.ts';
import { FrameType as Type } from '../src/frame/rules.ts';
import type { TransportParameters } from '../src/parameters/parameters.ts';
import { type Attacker, PADDING } from './support/attacker.ts';
import {
  CONFIRMED_VICTIMS,
  attackClient,
  attackServer,
  createClient,
  createServer,
} from './support/contexts.ts';
import { ackFrame, frame, hugeVarint } from './support/frames.ts';

const APP = Level.Application;
const MS = 1000;
/** Path IDs 0 and 1. */
const ON: Partial<QuicContextOptions> = { transport: { maxPaths: 2 } };

const offers =
  (initialMaxPathId: number) =>
  (own: TransportParameters): void =>
    void Object.assign(own, { initialMaxPathId });

function newId(
  pathId: number,
  sequence: number,
  retirePriorTo = 0,
  fill = 16 * pathId + sequence,
): Uint8Array {
  const id = concatBytes(Uint8Array.of(8), new Uint8Array(8).fill(fill), new Uint8Array(16).fill(fill + 100));
  return frame(Type.PathNewConnectionId, [pathId, sequence, retirePriorTo], id);
}

/** One of each frame, all about this path. */
const EACH: readonly (readonly [string, (pathId: number) => Uint8Array])[] = [
  ['PATH_ACK', (pathId) => frame(Type.PathAck, [pathId, 0, 0, 0, 0])],
  ['PATH_ACK with ECN counts', (pathId) => frame(Type.PathAckEcn, [pathId, 0, 0, 0, 0, 0, 0, 0])],
  ['PATH_ABANDON', (pathId) => frame(Type.PathAbandon, [pathId, 0])],
  ['PATH_STATUS_BACKUP', (pathId) => frame(Type.PathStatusBackup, [pathId, 1])],
  ['PATH_STATUS_AVAILABLE', (pathId) => frame(Type.PathStatusAvailable, [pathId, 1])],
  ['PATH_NEW_CONNECTION_ID', (pathId) => newId(pathId, 0)],
  ['PATH_RETIRE_CONNECTION_ID', (pathId) => frame(Type.PathRetireConnectionId, [pathId, 0])],
  ['PATHS_BLOCKED', (pathId) => frame(Type.PathsBlocked, [pathId])],
  ['PATH_CIDS_BLOCKED', (pathId) => frame(Type.PathCidsBlocked, [pathId, 0])],
];
const MAX_PATH_ID: (typeof EACH)[number] = ['MAX_PATH_ID', (max) => frame(Type.MaxPathId, [max])];

const send = (attacker: Attacker, payload: Uint8Array): Attacker =>
  attacker.send(APP, concatBytes(payload, PADDING));

describe.each(CONFIRMED_VICTIMS)('a %s', (role, attack) => {
  const meet = (initialMaxPathId = 3): Attacker =>
    attack(ON, { parameters: offers(initialMaxPathId) }).pass(50 * MS);

  test.each([...EACH, MAX_PATH_ID])(
    'does not know %s where one end does not offer multipath: §2',
    (_name, make) => {
      expect(send(attack({}, { parameters: offers(3) }), make(0)).closeCode).toBe(Code.FrameEncoding);
      expect(send(attack(ON), make(0)).closeCode).toBe(Code.FrameEncoding);
    },
  );

  test.each(EACH)('refuses %s for a path beyond its limit: §4, §4.7', (_name, make) => {
    expect(send(meet(), make(2)).closeCode).toBe(Code.ProtocolViolation);
    expect(send(meet(), make(2 ** 32)).closeCode).toBe(Code.ProtocolViolation);
  });

  test.each([...EACH, MAX_PATH_ID])('refuses %s that is cut short', (_name, make) => {
    const whole = make(1);
    for (let length = 2; length < whole.length; length++) {
      const attacker = meet().send(APP, concatBytes(PADDING, whole.slice(0, length)));
      expect([Code.FrameEncoding]).toContain(attacker.closeCode);
    }
  });

  test.each<[string, number | undefined, readonly Uint8Array[]]>([
    ['MAX_PATH_ID of 2^32: §4.6', Code.ProtocolViolation, [frame(Type.MaxPathId, [2 ** 32])]],
    [
      'MAX_PATH_ID of 2^62-1: §4.6',
      Code.ProtocolViolation,
      [frame(Type.MaxPathId, [], hugeVarint(0x3fff_ffff, 0xffff_ffff))],
    ],
    ['MAX_PATH_ID below initial_max_path_id: §4.6', Code.ProtocolViolation, [frame(Type.MaxPathId, [2])]],
    [
      'MAX_PATH_ID that raises nothing: §4.6',
      undefined,
      [frame(Type.MaxPathId, [5]), frame(Type.MaxPathId, [3])],
    ],
    [
      'PATH_CIDS_BLOCKED beyond the next number: §4.7',
      Code.ProtocolViolation,
      [frame(Type.PathCidsBlocked, [1, 2])],
    ],
    ['PATH_CIDS_BLOCKED with the next number: §4.7', undefined, [frame(Type.PathCidsBlocked, [1, 1])]],
    ['PATHS_BLOCKED at the limit: §4.7', undefined, [frame(Type.PathsBlocked, [1])]],
    [
      'PATH_ACK of a path that is not in use: §4.1',
      Code.ProtocolViolation,
      [frame(Type.PathAck, [1, 0, 0, 0, 0])],
    ],
    [
      'PATH_ACK of what was never sent: §4.1',
      Code.ProtocolViolation,
      [frame(Type.PathAck, [0, 100_000, 0, 0, 0])],
    ],
    ['an ID of another path again: §3.2.1', Code.ProtocolViolation, [newId(0, 1, 0, 9), newId(1, 0, 0, 9)]],
    [
      'an ID of another path again, in NEW_CONNECTION_ID: §3.2.1',
      Code.ProtocolViolation,
      [
        newId(1, 0, 0, 9),
        frame(
          Type.NewConnectionId,
          [1, 0],
          concatBytes(Uint8Array.of(8), new Uint8Array(8).fill(9), new Uint8Array(16).fill(109)),
        ),
      ],
    ],
    ['a number twice: §4.4', Code.ProtocolViolation, [newId(1, 0, 0, 9), newId(1, 0, 0, 10)]],
    ['the same numbers on two paths: §4.4', undefined, [newId(0, 1), newId(1, 1)]],
    ['as many IDs as it allows: §2.2', undefined, [0, 1, 2, 3].map((sequence) => newId(1, sequence))],
    [
      'more IDs than it allows: §2.2',
      Code.ConnectionIdLimit,
      [0, 1, 2, 3, 4].map((sequence) => newId(1, sequence)),
    ],
    ['an ID that retires what comes after it: §4.4', Code.FrameEncoding, [newId(1, 0, 1)]],
    [
      'the retirement of an ID never issued: §4.5',
      Code.ProtocolViolation,
      [frame(Type.PathRetireConnectionId, [1, 1])],
    ],
    [
      'the retirement of an ID of another path: §4.5',
      undefined,
      [frame(Type.PathRetireConnectionId, [1, 0])],
    ],
    ['the end of its last path: §3.4', Code.NoViablePath, [frame(Type.PathAbandon, [0, 0])]],
  ])('answers %s', (_name, code, payloads) => {
    const attacker = meet();
    for (const payload of payloads) {
      expect(attacker.closeCode).toBeUndefined();
      send(attacker, payload);
    }
    expect(attacker.closeCode).toBe(code);
  });

  test('acknowledges by PATH_ACK, and takes ACK for path 0: §2.3', () => {
    const attacker = meet();
    send(attacker, frame(Type.Ping)).pass(50 * MS);
    const { pathId, values } = attacker.framesOf(Type.PathAck, APP).at(-1)!;
    expect([pathId, values[1]]).toEqual([0, values.at(-1)]);
    const numbers = attacker.seen.flatMap(({ level, number }) => (level === APP ? [number] : []));
    send(attacker, ackFrame(numbers));
    expect(attacker.closeCode).toBeUndefined();
  });

  test('issues an ID for each path that both allow, in order: §3.2.1', () => {
    const paths = (attacker: Attacker): number[] => [
      ...new Set(attacker.framesOf(Type.PathNewConnectionId, APP).map(({ values }) => values[0]!)),
    ];
    expect(paths(meet())).toEqual([0, 1]);
    expect(paths(meet(0))).toEqual([0]);
    const raised = send(meet(0), frame(Type.MaxPathId, [1]));
    expect(paths(raised)).toEqual([0, 1]);
    expect(raised.framesOf(Type.NewConnectionId, APP)).toEqual([]);
  });

  test('answers the end of a path that is not in use, and lets another be used: §3.4', () => {
    const attacker = meet();
    send(attacker, frame(Type.PathAbandon, [1, Number.MAX_SAFE_INTEGER]));
    // The error code is our own: §4.2.1.
    expect(attacker.framesOf(Type.PathAbandon, APP).map(({ values }) => values)).toEqual([[1, 0]]);
    const acknowledge = (): void => {
      const numbers = attacker.seen.flatMap(({ level, number }) => (level === APP ? [number] : []));
      send(attacker, ackFrame(numbers));
    };
    // Until it is forgotten, and then as well, frames about it are ignored, whatever they say: §3.4.3, §4.
    const about = (): void => {
      for (const [, make] of EACH) send(attacker, make(1));
      send(attacker, frame(Type.PathCidsBlocked, [1, 1000]));
      send(attacker, frame(Type.PathRetireConnectionId, [1, 1000]));
    };
    about();
    expect(attacker.closeCode).toBeUndefined();
    acknowledge();
    attacker.pass(10_000 * MS);
    expect(attacker.framesOf(Type.MaxPathId, APP).map(({ values }) => values[0])).toContain(2);
    expect(attacker.framesOf(Type.PathNewConnectionId, APP).at(-1)!.values[0]).toBe(2);
    about();
    expect(attacker.closeCode).toBeUndefined();
    expect(role).toMatch(/client|server/);
  });
});

describe.each(['client', 'server'] as const)('a %s that offers multipath', (role) => {
  const meet = (parameters: (own: TransportParameters) => void, more: object = {}): Attacker =>
    role === 'server'
      ? attackServer(createServer(ON), { parameters, ...more })
      : attackClient(createClient(ON), { parameters, ...more });

  test('refuses initial_max_path_id of more than 32 bits: §2.1', () => {
    expect(meet(offers(2 ** 32)).closeCode).toBe(Code.TransportParameter);
    expect(meet(offers(2 ** 32 - 1)).closeCode).toBeUndefined();
  });

  test.each([Level.Handshake])('refuses its frames in packets of level %d: §4', (level) => {
    for (const [, make] of [...EACH, MAX_PATH_ID]) {
      const attacker = meet(offers(3), { silentFrom: Level.Handshake });
      attacker.send(level, concatBytes(make(0), PADDING));
      expect(attacker.closeCode).toBe(Code.ProtocolViolation);
    }
  });
});
