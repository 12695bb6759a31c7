import { describe, expect, test } from '@jest/globals';
import { ByteReader, ByteWriter } from '@tsquic/bytes';
import { covers } from '../../../../tools/covers.ts';
import { type AckFrame, createAckFrame, decodeAck } from '../frame/ack.ts';
import { ReceiveSpace, Space, Spaces } from './spaces.ts';

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
  ] as const)(`%s ${covers('rfc9000-13.2.1-2', 'rfc9000-13.2.1-4')}`, (_name, packets, dueUs) => {
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
    const space = new ReceiveSpace(25 * MS, 3);
    for (let number = 0; number < packets; number++) {
      expect(space.policy.dueUs).toBe(number === 0 ? Infinity : 25 * MS);
      space.onReceived(number, true, 0, minRttUs, number === 0 ? 0 : 1);
    }
    expect(space.policy.dueUs).toBe(1);
  });

  test(`handshake packets are acknowledged at once, others within our max_ack_delay ${covers('rfc9000-13.2.1-1', 'rfc9000-13.2.1-2')}`, () => {
    const spaces = new Spaces(25 * MS, 3);
    spaces.at(Space.Application).onReceived(0, true, 0, 0, 100);
    expect(spaces.at(Space.Application).policy.dueUs).toBe(100 + 25 * MS);
    for (const space of [Space.Initial, Space.Handshake]) {
      spaces.at(space).onReceived(0, true, 0, 0, 200);
      expect(spaces.at(space).policy.dueUs).toBe(200);
    }
    spaces.discard(Space.Initial);
    expect(spaces.at(Space.Initial)).toMatchObject({ discarded: true, policy: { dueUs: Infinity } });
  });

  test(`one acknowledgement answers what came ${covers('rfc9000-13.2.1-3')}`, () => {
    const space = new ReceiveSpace(25 * MS, 3);
    space.onReceived(0, true, 0, 0, 0);
    space.onReceived(1, true, 0, 0, 0);
    ackOf(space, 0);
    expect([space.policy.dueUs, space.policy.hasNews]).toEqual([Infinity, false]);
  });

  test(`the delay told is that since the largest number came ${covers('rfc9000-13.2.5-1')}`, () => {
    const space = new ReceiveSpace(25 * MS, 3);
    space.onReceived(7, true, 0, 0, 1000);
    space.onReceived(6, true, 0, 0, 9000);
    expect(ackOf(space, 17_000)).toMatchObject({ largest: 7, rawDelay: 2000, rangeCount: 1 });
  });

  test(`every space acknowledges its own numbers ${covers('rfc9000-13.2.6-1')}`, () => {
    const spaces = new Spaces(25 * MS, 3);
    spaces.at(Space.Initial).onReceived(3, true, 0, 0, 0);
    spaces.at(Space.Application).onReceived(9, true, 0, 0, 0);
    expect(ackOf(spaces.at(Space.Initial), 0).largest).toBe(3);
    expect(ackOf(spaces.at(Space.Application), 0).largest).toBe(9);
    expect(spaces.at(Space.Handshake).writeAck(new ByteWriter(new Uint8Array(99)), 0)).toBe(-1);
  });
});
