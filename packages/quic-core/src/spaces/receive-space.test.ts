import { describe, expect, test } from '@jest/globals';
import { ByteReader, ByteWriter } from '@tsquic/bytes';
import { covers } from '@tsquic/testing';
import { type AckFrame, createAckFrame, decodeAck } from '../frame/ack.ts';
import { ReceiveSpace } from './receive-space.ts';
import { PacketSpaces } from './spaces.ts';

const MS = 1000;

function ackOf(space: ReceiveSpace, nowUs: number): AckFrame {
  const writer = new ByteWriter(new Uint8Array(200));
  expect(space.writeAck(writer, nowUs)).toBeGreaterThanOrEqual(0);
  const frame = createAckFrame();
  const reader = new ByteReader(writer.buffer, 0, writer.position);
  decodeAck(reader, reader.varint(), frame);
  return frame;
}

describe('when to acknowledge', () => {
  test.each([
    ['the first packet waits', [[10, true]], 25 * MS],
    [
      'the second does not',
      [
        [10, true],
        [11, true],
      ],
      0,
    ],
    [
      'packets that elicit nothing are not acknowledged',
      [
        [10, false],
        [12, false],
        [11, false],
      ],
      Infinity,
    ],
    [
      'a gap is told at once',
      [
        [10, true],
        [12, true],
      ],
      0,
    ],
    [
      'so is the filling of one',
      [
        [10, true],
        [11, false],
        [13, false],
        [12, true],
      ],
      0,
    ],
    [
      'a gap behind quiet packets counts',
      [
        [10, true],
        [12, false],
        [13, true],
      ],
      0,
    ],
    [
      'quiet packets leave no gap',
      [
        [10, false],
        [11, true],
      ],
      25 * MS,
    ],
  ] as const)('%s', (_name, packets, dueUs) => {
    covers('rfc9000-13.2.1-2', 'rfc9000-13.2.1-4');
    const space = new ReceiveSpace(25 * MS, 3);
    for (const [number, eliciting] of packets) space.onReceived(number, eliciting, 0, 0, 0);
    expect(space.policy.dueUs).toBe(dueUs);
  });

  test(`a packet with a congestion mark is told at once`, () => {
    const space = new ReceiveSpace(25 * MS, 3);
    space.onReceived(0, true, 3, 0, 0);
    expect(space.policy.dueUs).toBe(0);
    expect(ackOf(space, 0)).toMatchObject({ hasEcn: true, ect0: 0, ect1: 0, ce: 1 });
  });

  test.each([
    [Infinity, 2],
    [0, 2],
    [100 * MS, 2],
    [250 * MS, 5],
    [600 * MS, 12],
    [2000 * MS, 12],
  ])('at a round trip of %i µs, %i packets share an acknowledgement', (minRttUs, packets) => {
    covers('rfc9000-13.2.2-1');
    const space = new ReceiveSpace(25 * MS, 3);
    for (let number = 0; number < packets; number++) {
      expect(space.policy.dueUs).toBe(number === 0 ? Infinity : 25 * MS);
      space.onReceived(number, true, 0, minRttUs, number === 0 ? 0 : 1);
    }
    expect(space.policy.dueUs).toBe(1);
  });

  describe('where many packets share an acknowledgement', () => {
    /** 10,000 packets a second for a second, at a round trip of 20 ms. */
    function steadySpace(codepoint = 0): ReceiveSpace {
      const space = new ReceiveSpace(25 * MS, 3);
      for (let number = 0; number < 10_000; number++) {
        space.onReceived(number, true, codepoint, 20 * MS, number * 100);
        if (space.policy.dueUs <= number * 100) ackOf(space, number * 100);
      }
      if (space.policy.hasNews) ackOf(space, 1_000_000);
      return space;
    }

    test('one waits for a quarter of a round trip at most', () => {
      const space = steadySpace();
      space.onReceived(10_000, true, 0, 20 * MS, 1_000_000);
      expect(space.policy.dueUs).toBe(1_005_000);
    });

    test('a sender of an L4S queue is told of every other packet all the same', () => {
      const space = steadySpace(1);
      space.onReceived(10_000, true, 1, 20 * MS, 1_000_000);
      expect(space.policy.dueUs).toBeGreaterThan(1_000_000);
      space.onReceived(10_001, true, 1, 20 * MS, 1_000_000);
      expect(space.policy.dueUs).toBe(1_000_000);
    });

    test('but not after it has moved to a path that takes no marks', () => {
      const space = steadySpace(1);
      space.onPathChanged();
      for (let number = 10_000; number < 20_000; number++) {
        space.onReceived(number, true, 0, 20 * MS, number * 100);
        if (space.policy.dueUs <= number * 100) ackOf(space, number * 100);
      }
      if (space.policy.hasNews) ackOf(space, 2_000_000);
      space.onReceived(20_000, true, 0, 20 * MS, 2_000_000);
      space.onReceived(20_001, true, 0, 20 * MS, 2_000_000);
      expect(space.policy.dueUs).toBe(2_005_000);
    });

    test('but of every twelfth over a satellite, whose way back is thin', () => {
      const space = new ReceiveSpace(25 * MS, 3);
      let acks = 0;
      for (let number = 0; number < 1200; number++) {
        space.onReceived(number, true, 1, 600 * MS, number * 10);
        if (space.policy.dueUs > number * 10) continue;
        ackOf(space, number * 10);
        acks++;
      }
      expect(acks).toBe(100);
    });

    test('a gap is told at once, and again when the third packet behind it comes', () => {
      const space = steadySpace();
      const toldAt: number[] = [];
      for (let number = 10_001; number < 10_012; number++) {
        space.onReceived(number, true, 0, 20 * MS, 1_000_100);
        if (space.policy.dueUs > 1_000_100) continue;
        toldAt.push(number);
        ackOf(space, 1_000_100);
      }
      expect(toldAt).toEqual([10_001, 10_003]);
    });
  });

  test('ranges that the peer knows of are left out', () => {
    const space = new ReceiveSpace(25 * MS, 3);
    for (const number of [0, 2, 4, 6]) space.onReceived(number, true, 0, 0, 0);
    expect(ackOf(space, 0).rangeCount).toBe(4);
    space.received.onReported(2);
    expect(ackOf(space, 0).rangeCount).toBe(2);
    space.onReceived(1, true, 0, 0, 0);
    expect(ackOf(space, 0).rangeCount).toBe(3);
  });

  test('handshake packets are acknowledged at once, others within our max_ack_delay', () => {
    covers('rfc9000-13.2.1-1', 'rfc9000-13.2.1-2');
    const spaces = new PacketSpaces(25 * MS, 3, () => 0);
    for (const { receiving } of spaces.live) receiving.onReceived(0, true, 0, 0, 200);
    const dueUs = spaces.live.map(({ receiving }) => receiving.policy.dueUs);
    expect(dueUs).toEqual([200, 200, 200 + 25 * MS]);
  });

  test('one acknowledgement answers what came', () => {
    covers('rfc9000-13.2.1-3');
    const space = new ReceiveSpace(25 * MS, 3);
    space.onReceived(0, true, 0, 0, 0);
    space.onReceived(1, true, 0, 0, 0);
    ackOf(space, 0);
    expect([space.policy.dueUs, space.policy.hasNews]).toEqual([Infinity, false]);
  });

  test('the delay told is that since the largest number came', () => {
    covers('rfc9000-13.2.5-1');
    const space = new ReceiveSpace(25 * MS, 3);
    space.onReceived(7, true, 0, 0, 1000);
    space.onReceived(6, true, 0, 0, 9000);
    expect(ackOf(space, 17_000)).toMatchObject({ largest: 7, rawDelay: 2000, rangeCount: 1 });
  });

  test('every space acknowledges its own numbers', () => {
    covers('rfc9000-13.2.6-1');
    const [initial, handshake, application] = new PacketSpaces(25 * MS, 3, () => 0).live;
    initial!.receiving.onReceived(3, true, 0, 0, 0);
    application!.receiving.onReceived(9, true, 0, 0, 0);
    expect(ackOf(initial!.receiving, 0).largest).toBe(3);
    expect(ackOf(application!.receiving, 0).largest).toBe(9);
    expect(handshake!.receiving.writeAck(new ByteWriter(new Uint8Array(99)), 0)).toBe(-1);
  });
});

test('without room for an ACK none is written, and it is still due', () => {
  const space = new ReceiveSpace(25 * MS, 3);
  space.received.add(10, 0, 0);
  const writer = new ByteWriter(new Uint8Array(3));
  expect(space.writeAck(writer, 0)).toBe(-1);
  expect(writer.position).toBe(0);
  expect(ackOf(space, 0).largest).toBe(10);
});
