import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { createNodeProvider } from '@tsquic/crypto/node';
import { frame } from '@tsquic/adversary';
import { createConnectedPair, type Pair, type PairOptions } from '@tsquic/simulator';
import { Level } from '@tsquic/tls13';
import type { TransportOptions } from '../src/config/transport-options.ts';
import type { QuicContext } from '../src/context/context.ts';
import { decodeFrames, type FrameRecord } from '../src/trace/frames.ts';
import { FrameType } from '../src/frame/rules.ts';
import { PacketType } from '../src/version/packet-type.ts';
import { AckRequest } from '../src/spaces/ack-request.ts';
import { AckPolicy } from '../src/spaces/ack-policy.ts';
import { IntervalSet } from '../src/ranges/interval-set.ts';
import { type Attacker, PADDING, PING } from './support/attacker.ts';
import { attackClient, attackServer, createClient, createServer } from './support/contexts.ts';
import { ackFrame } from './support/frames.ts';

const SECOND = 1_000_000;
const MS = 1000;
const APP = Level.Application;
const OFFERS: TransportOptions = { ackFrequency: true };
const PROTOCOL_VIOLATION = 0x0a;
const FRAME_ENCODING_ERROR = 0x07;
const TRANSPORT_PARAMETER_ERROR = 0x08;
const createCrypto: PairOptions['createCrypto'] = (random) => createNodeProvider({ random });

type Role = 'client' | 'server';
const ROLES = [['client'], ['server']] as const;

/** A victim of each role, and an adversary that has shaken hands with it. */
function attack(
  role: Role,
  transport: TransportOptions = OFFERS,
  allows: object = {},
): { victim: QuicContext; attacker: Attacker } {
  const parameters = (own: object): void => void Object.assign(own, allows);
  const victim = role === 'server' ? createServer({ transport }) : createClient({ transport });
  const attacker =
    role === 'server' ? attackServer(victim, { parameters }) : attackClient(victim, { parameters });
  attacker.pass(SECOND);
  return { victim, attacker };
}

function acks({ seen }: Attacker): number {
  return seen.filter(({ frames }) => frames.some(({ type }) => type === 2 || type === 3)).length;
}

const request = (sequence: number, threshold: number, delayUs: number, reordering: number): Uint8Array =>
  frame(FrameType.AckFrequency, [sequence, threshold, delayUs, reordering]);

describe.each(ROLES)('a %s that is asked', (role) => {
  test.each([[0], [1], [4], [9]])('lets %d packets wait, and answers the next', (threshold) => {
    const { attacker } = attack(role);
    attacker.send(APP, request(0, threshold, 20 * MS, 3));
    attacker.pass(25 * MS);
    // It counts from there.
    attacker.send(APP, frame(FrameType.ImmediateAck, [], PADDING));
    const before = acks(attacker);
    for (let round = 1; round <= 3; round++) {
      for (let i = 0; i < threshold; i++) attacker.send(APP, PING);
      expect(acks(attacker)).toBe(before + round - 1);
      attacker.send(APP, PING);
      expect(acks(attacker)).toBe(before + round);
    }
  });

  test('answers one packet after the delay it was asked for', () => {
    const { attacker } = attack(role);
    attacker.send(APP, request(0, 100, 7 * MS, 3));
    attacker.pass(10 * MS);
    attacker.send(APP, frame(FrameType.ImmediateAck, [], PADDING));
    const before = acks(attacker);
    attacker.send(APP, PING);
    attacker.pass(6 * MS);
    expect(acks(attacker)).toBe(before);
    attacker.pass(2 * MS);
    expect(acks(attacker)).toBe(before + 1);
  });

  test('answers IMMEDIATE_ACK at once', () => {
    const { attacker } = attack(role);
    attacker.send(APP, request(0, 100, 20 * MS, 3));
    attacker.pass(25 * MS);
    attacker.send(APP, PING);
    const before = acks(attacker);
    attacker.send(APP, PING);
    expect(acks(attacker)).toBe(before);
    attacker.send(APP, frame(FrameType.ImmediateAck, [], PADDING));
    expect(acks(attacker)).toBe(before + 1);
  });

  test('follows the newest request, however they come', () => {
    const { attacker } = attack(role);
    attacker.send(APP, request(7, 0, 20 * MS, 3));
    for (const sequence of [0, 6, 7]) attacker.send(APP, request(sequence, 50, 20 * MS, 3));
    attacker.pass(25 * MS);
    const before = acks(attacker);
    for (let i = 0; i < 5; i++) attacker.send(APP, PING);
    expect(acks(attacker)).toBe(before + 5);
    attacker.send(APP, request(8, 50, 20 * MS, 3));
    const after = acks(attacker);
    for (let i = 0; i < 5; i++) attacker.send(APP, PING);
    expect(acks(attacker)).toBe(after);
  });

  test('tells a gap when a packet can be declared lost by it', () => {
    const { attacker } = attack(role);
    attacker.send(APP, request(0, 100, 24 * MS, 3));
    attacker.pass(25 * MS);
    attacker.send(APP, PING);
    const before = acks(attacker);
    attacker.numbers[APP]!++;
    for (let i = 0; i < 2; i++) attacker.send(APP, PING);
    expect(acks(attacker)).toBe(before);
    attacker.send(APP, PING);
    expect(acks(attacker)).toBe(before + 1);
  });

  test.each([
    ['a delay below min_ack_delay', request(0, 1, 999, 1), PROTOCOL_VIOLATION, FrameType.AckFrequency],
    ['a delay of 2^14 ms', request(0, 1, 2 ** 14 * MS, 1), PROTOCOL_VIOLATION, FrameType.AckFrequency],
    [
      'a delay that no integer holds',
      concatBytes(request(0, 1, 0, 1).subarray(0, 4), new Uint8Array(8).fill(0xff), Uint8Array.of(1)),
      PROTOCOL_VIOLATION,
      FrameType.AckFrequency,
    ],
    [
      'a frame cut short',
      frame(FrameType.AckFrequency, [0, 1, 2000]),
      FRAME_ENCODING_ERROR,
      FrameType.AckFrequency,
    ],
    [
      'a type in four bytes',
      concatBytes(Uint8Array.of(0x80, 0, 0, 0xaf), request(0, 1, 2000, 1).subarray(2)),
      PROTOCOL_VIOLATION,
      FrameType.AckFrequency,
    ],
  ])('%s: the exact error', (_name, payload, code, frameType) => {
    const { victim, attacker } = attack(role);
    attacker.send(APP, payload);
    expect(victim.connection(0)!.closeReason).toMatchObject({ kind: 'transport', code, frameType });
  });

  test.each([
    [1000, 'the shortest'],
    [2 ** 14 * MS - 1, 'the longest'],
  ])('a delay of %d us is fine: %s', (delayUs) => {
    const { victim, attacker } = attack(role);
    attacker.send(APP, request(0, 2 ** 50, delayUs, 2 ** 50));
    expect(victim.connection(0)!.closeReason).toBeUndefined();
  });

  test.each([
    [FrameType.AckFrequency, request(0, 1, 2000, 1)],
    [FrameType.ImmediateAck, frame(FrameType.ImmediateAck, [], PADDING)],
  ])('without having offered it knows no frame of type %d', (frameType, payload) => {
    const { victim, attacker } = attack(role, {});
    attacker.send(APP, payload);
    expect(victim.connection(0)!.closeReason).toMatchObject({
      kind: 'transport',
      code: FRAME_ENCODING_ERROR,
      frameType,
    });
  });

  test.each([[Level.Initial], [Level.Handshake]])('at level %d takes none', (level) => {
    const victim =
      role === 'server' ? createServer({ transport: OFFERS }) : createClient({ transport: OFFERS });
    const silent = { silentFrom: Level.Handshake };
    const attacker = role === 'server' ? attackServer(victim, silent) : attackClient(victim, silent);
    attacker.send(level, concatBytes(frame(FrameType.ImmediateAck), PADDING));
    expect(victim.connection(0)!.closeReason).toMatchObject({
      kind: 'transport',
      code: PROTOCOL_VIOLATION,
      frameType: FrameType.ImmediateAck,
    });
  });

  test.each([
    [25_000, undefined],
    [25_001, TRANSPORT_PARAMETER_ERROR],
    [Number.MAX_SAFE_INTEGER, TRANSPORT_PARAMETER_ERROR],
  ])('by one whose min_ack_delay is %d, with a max_ack_delay of 25 ms: error %s', (minAckDelayUs, code) => {
    for (const transport of [OFFERS, {}]) {
      const { victim } = attack(role, transport, { minAckDelayUs });
      const reason = victim.connection(0)?.closeReason;
      if (code === undefined) expect(reason).toBeUndefined();
      else expect(reason).toMatchObject({ kind: 'transport', code });
    }
  });
});

describe('what came out of order', () => {
  /** The tables of §6.2.1: packets in the order in which they come, and those that are answered. */
  test.each([
    [3, [0, 1, 3, 4, 5, 8, 9, 10], [5, 9, 10]],
    [5, [0, 1, 3, 5, 6, 7, 8, 9], [7, 9]],
    [1, [0, 1, 3, 4, 2, 5], [3, 2]],
    [0, [0, 5, 4, 3, 20, 10], []],
    // The second condition: what comes so late was declared lost already.
    [3, [0, 1, 2, 9, 10, 11, 12, 5, 8], [9, 10, 11, 5, 8]],
  ])('with a reordering threshold of %d: %j', (reordering, numbers, answered) => {
    const rule = new AckRequest(1000, 1_000_000, reordering);
    const ranges = new IntervalSet();
    let largest = -1;
    let reported = -1;
    const due = numbers.filter((number, index) => {
      ranges.add(number, number + 1);
      largest = Math.max(largest, number);
      const isDue = rule.isDue(number, index, ranges, largest, reported, false, Infinity, index);
      if (isDue) reported = largest;
      return isDue;
    });
    expect(due).toEqual(answered);
  });

  test.each([
    [10, [true, false, false, true]],
    [1, [true, true, false, true]],
  ])('a mark is told when it is the first of several, or always with a threshold of %d', (threshold, due) => {
    const rule = new AckRequest(threshold, 1_000_000, 0);
    const ranges = new IntervalSet();
    const told = [true, true, false, true].map((marked, number) => {
      ranges.add(number, number + 1);
      return rule.isDue(number, 1, ranges, number, -1, marked, Infinity, number);
    });
    expect(told).toEqual(due);
  });

  test('after a round trip without an ACK, a packet is answered at once', () => {
    const rule = new AckRequest(1000, 1_000_000, 0);
    const ranges = new IntervalSet();
    ranges.add(0, 1);
    rule.onAckSent(100);
    const due = [150, 151, 1000].map((nowUs) => rule.isDue(0, 1, ranges, 0, -1, false, 50, nowUs));
    expect(due).toEqual([false, true, true]);
    expect(rule.isDue(0, 1, ranges, 0, -1, false, Infinity, 10_000)).toBe(false);
  });

  test('before ranges are forgotten they are told', () => {
    const policy = new AckPolicy(25_000);
    policy.follow(1000, 1_000_000, 0);
    const ranges = new IntervalSet();
    ranges.add(0, 1);
    policy.onReceived(0, true, ranges, false, false, false, Infinity, 0);
    expect(policy.dueUs).toBe(1_000_000);
    policy.onReceived(0, true, ranges, true, false, false, Infinity, 5);
    expect(policy.dueUs).toBe(5);
  });
});

interface Transfer {
  /** Bytes a second. */
  readonly rate: number;
  readonly acksPerMegabyte: number;
  /** What the sender asked for. */
  readonly requests: readonly Extract<FrameRecord, { type: 'ack_frequency' }>[];
  readonly lost: number;
  readonly probeTimeouts: number;
}

const MEGABYTE = 1_000_000;

/** One client sends `megabytes` to a server, both with or without the extension. */
function transfer(isOn: boolean, options: Partial<PairOptions>, megabytes: number): Transfer {
  const requests: Extract<FrameRecord, { type: 'ack_frequency' }>[] = [];
  let acknowledgements = 0;
  const transport = { ackFrequency: isOn };
  const pair: Pair = createConnectedPair({
    createCrypto,
    ...options,
    client: {
      transport,
      tracer: {
        onPacketReceived(_id, type, _number, _length, bytes, from, to) {
          if (type !== PacketType.OneRtt) return;
          const types = new Set(decodeFrames(bytes, from, to).map((record) => record.type));
          if (types.has('ack')) acknowledgements++;
        },
      },
    },
    server: {
      transport,
      tracer: {
        onPacketReceived(_id, type, _number, _length, bytes, from, to) {
          if (type !== PacketType.OneRtt) return;
          for (const record of decodeFrames(bytes, from, to))
            if (record.type === 'ack_frequency') requests.push(record);
        },
      },
    },
    serverHost: { keepsBytes: false },
  });
  const startUs = pair.world.nowUs;
  const stream = pair.client.connection.openStream()!;
  let left = megabytes * MEGABYTE;
  stream.setSource((room) => {
    const bytes = Math.min(room.length, left);
    left -= bytes;
    return { bytes, fin: left === 0 };
  });
  expect(pair.run(() => pair.server.received(stream.id).finished, 120 * SECOND)).toBe(true);
  const { packetsLost, probeTimeouts } = pair.client.connection.statistics();
  return {
    rate: (megabytes * MEGABYTE * SECOND) / (pair.world.nowUs - startUs),
    acksPerMegabyte: acknowledgements / megabytes,
    requests,
    lost: packetsLost,
    probeTimeouts,
  };
}

describe('our sender', () => {
  test.each<[string, number, Partial<PairOptions>]>([
    ['50 Mbit/s, 40 ms', 0.95, { link: { bytesPerSecond: 6_250_000, delayUs: 20_000 } }],
    ['10 Mbit/s, 300 ms', 0.62, { link: { bytesPerSecond: 1_250_000, delayUs: 150_000 } }],
    [
      '50 Mbit/s, 40 ms, loss of 0.1 %',
      // A small window, and gaps that are told: there is nothing to save.
      1.1,
      {
        link: { bytesPerSecond: 6_250_000, delayUs: 20_000, loss: { kind: 'random', rate: 0.001 } },
      },
    ],
  ])('loses no throughput, and saves acknowledgements: %s', (_name, most, options) => {
    const before = transfer(false, { seed: 11, ...options }, 6);
    const after = transfer(true, { seed: 11, ...options }, 6);
    expect(before.requests).toEqual([]);
    expect(after.requests.length).toBeGreaterThan(0);
    expect(after.rate).toBeGreaterThan(before.rate * 0.97);
    expect(after.acksPerMegabyte / before.acksPerMegabyte).toBeLessThan(most);
    // Values that the draft allows, in the order of their numbers.
    for (const { threshold, maxAckDelayUs, reordering } of after.requests) {
      expect(threshold).toBeGreaterThan(0);
      expect(threshold).toBeLessThan(64);
      expect(maxAckDelayUs).toBeGreaterThanOrEqual(1000);
      expect(maxAckDelayUs).toBeLessThanOrEqual(25_000);
      expect(reordering).toBeGreaterThanOrEqual(3);
    }
    const sequences = after.requests.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
  });

  test('asks nothing of a peer that does not offer it, and nothing for little', () => {
    const pair = createConnectedPair({
      createCrypto,
      seed: 12,
      client: { transport: OFFERS },
      link: { delayUs: 20_000 },
    });
    pair.client.send(new Uint8Array(500_000));
    pair.pass(5 * SECOND);
    expect(pair.server.connection.closeReason).toBeUndefined();
    const little = createConnectedPair({
      createCrypto,
      seed: 12,
      client: { transport: OFFERS },
      server: { transport: OFFERS },
      link: { delayUs: 20_000 },
    });
    little.client.send(new Uint8Array(5000));
    little.pass(SECOND);
    expect(little.client.connection.closeReason).toBeUndefined();
  });
});

describe.each(ROLES)('requests of a %s', (role) => {
  /**
   * The victim has much to send, and its slow start has ended with a loss: a sender asks for nothing before, and its
   * window would grow without end. `acknowledge` tells of all packets but those that are `lost`.
   */
  function pump(): { attacker: Attacker; lost: Set<number>; acknowledge: () => void } {
    const allows = {
      minAckDelayUs: 1000,
      initialMaxData: 2 ** 40,
      initialMaxStreamDataBidiRemote: 2 ** 40,
      initialMaxStreamDataBidiLocal: 2 ** 40,
    };
    const { victim, attacker } = attack(role, OFFERS, allows);
    if (role === 'client') attacker.send(APP, frame(FrameType.HandshakeDone, [], PADDING));
    const stream = victim.connection(0)!.openStream()!;
    stream.setSource((room) => ({ bytes: room.length, fin: false }));
    const lost = new Set<number>();
    const acknowledge = (): void => {
      attacker.send(APP, ackFrame(numbersOf(attacker).filter((number) => !lost.has(number))));
    };
    for (let round = 0; round < 5; round++) {
      attacker.pass(10 * MS);
      if (round === 4) lost.add(numbersOf(attacker).at(-10)!);
      acknowledge();
    }
    return { attacker, lost, acknowledge };
  }

  const requestNumbersOf = ({ seen }: Attacker): number[] =>
    seen
      .filter(
        ({ level, frames }) => level === APP && frames.some(({ type }) => type === FrameType.AckFrequency),
      )
      .map(({ number }) => number);
  const numbersOf = ({ seen }: Attacker): number[] =>
    seen.filter(({ level }) => level === APP).map(({ number }) => number);
  const requestsOf = ({ seen }: Attacker): number[][] =>
    seen.flatMap(({ frames }) =>
      frames.filter(({ type }) => type === FrameType.AckFrequency).map(({ values }) => [...values]),
    );

  test('that are lost are said again, with a new number, while they are the newest', () => {
    const { attacker, lost, acknowledge } = pump();
    for (let round = 0; round < 60 && requestsOf(attacker).length < 3; round++) {
      attacker.pass(10 * MS);
      for (const number of requestNumbersOf(attacker).slice(0, 2)) lost.add(number);
      acknowledge();
    }
    const sequences = (): number[] => requestsOf(attacker).map(([sequence]) => sequence!);
    expect(sequences()).toEqual([0, 1, 2]);
    // Once it has arrived, it is not said again while the path stays as it is.
    for (let round = 0; round < 2; round++) {
      attacker.pass(10 * MS);
      acknowledge();
    }
    expect(sequences()).toEqual([0, 1, 2]);
  });

  test('have probes answered at once', () => {
    const { attacker, acknowledge } = pump();
    for (let round = 0; round < 60 && requestsOf(attacker).length === 0; round++) {
      attacker.pass(10 * MS);
      acknowledge();
    }
    expect(requestsOf(attacker).length).toBeGreaterThan(0);
    const before = attacker.seen.length;
    attacker.pass(3 * SECOND);
    const immediate = attacker.seen
      .slice(before)
      .filter(({ frames }) => frames.some(({ type }) => type === FrameType.ImmediateAck));
    expect(immediate.length).toBeGreaterThan(0);
  });
});
