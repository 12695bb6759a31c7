import { describe, expect, test } from '@jest/globals';
import { ackSample } from '../../test/ack-sample.ts';
import { PathModel } from './path-model.ts';
import { ProbeRtt } from './probe-rtt.ts';
import { BbrState } from './states.ts';

const MTU = 1200;

/** One ACK that ends a round, at this rate. */
function update(
  model: PathModel,
  rate: number,
  { appLimited = false, ceBytes = 0, state = BbrState.ProbeCruise as BbrState } = {},
): void {
  const deliveredTotalBytes = model.deliveredTotalBytes + 10_000;
  const deliveredAtSendBytes = model.deliveredTotalBytes;
  const sample = ackSample({ deliveredTotalBytes, deliveredAtSendBytes, ceBytes });
  model.update(sample, rate, appLimited, state, 100_000, 100_000);
  model.advance(sample, rate);
}

describe('bandwidth', () => {
  test('an application-limited sample counts only where it is the highest', () => {
    const model = new PathModel(MTU, 0);
    update(model, 2, { appLimited: true });
    expect(model.bandwidth).toBe(2);
    model.maxBandwidth.advance();
    update(model, 1.5, { appLimited: true });
    // A cycle without a sample changes nothing.
    model.maxBandwidth.advance();
    expect(model.maxBandwidth.bandwidth).toBe(2);
    update(model, 1.5);
    model.maxBandwidth.advance();
    expect(model.maxBandwidth.bandwidth).toBe(1.5);
  });

  test('an application-limited sample that equals the highest keeps it for another cycle', () => {
    const model = new PathModel(MTU, 0);
    update(model, 2);
    model.maxBandwidth.advance();
    update(model, 1.5);
    update(model, 2, { appLimited: true });
    model.maxBandwidth.advance();
    expect(model.maxBandwidth.bandwidth).toBe(2);
  });

  test.each([
    ['outside of probes', BbrState.ProbeCruise, 7],
    ['in a probe', BbrState.ProbeUp, 10],
  ] as const)('a CE mark %s leaves %s tenths', (_when, state, bandwidth) => {
    const model = new PathModel(MTU, 0);
    update(model, 10, { state });
    // The round after the mark delivers a tenth, and that before still counts among the latest.
    update(model, 1, { state });
    update(model, 1, { state, ceBytes: 1 });
    expect(model.bandwidth).toBeCloseTo(bandwidth, 12);
  });
});

describe('what a probe may lose', () => {
  test.each([
    [0, 2000, false],
    [0, 2001, true],
    [1, 0, true],
  ])('of 100,000 bytes in flight: %i marked and %i lost are too many: %p', (ceBytes, lostBytes, expected) => {
    // BBR.LossThresh is 2 %.
    const sample = ackSample({ deliveredTotalBytes: 100_000 - lostBytes, lostBytes, ceBytes });
    expect(new PathModel(MTU, 0).isInFlightTooHigh(sample)).toBe(expected);
  });

  test('is 2 %, and what the path loses at any rate with twice its deviation', () => {
    const model = new PathModel(MTU, 0);
    expect(model.affordableBytes(100_000)).toBe(2000);
    // Three stretches of a hundred packets, of each of which ten are lost.
    for (let stretch = 1; stretch <= 3; stretch++) {
      model.background.onLost(10 * MTU);
      const deliveredTotalBytes = stretch * 90 * MTU;
      const deliveredAtSendBytes = model.deliveredTotalBytes;
      const sample = ackSample({ ackedBytes: 90 * MTU, deliveredTotalBytes, deliveredAtSendBytes });
      model.update(sample, 1, false, BbrState.ProbeCruise, 100_000, 100_000);
    }
    expect(model.affordableBytes(100_000)).toBeCloseTo(2000 + 10_000 + 2 * Math.sqrt(10_000 * MTU), 9);
  });
});

describe('aggregation', () => {
  /** The extra bytes of some rounds of ten packets each at once, of which the first has forty. */
  function extraBytesOf(isFull: boolean): number[] {
    const model = new PathModel(MTU, 0);
    model.fullPipe.isReached = isFull;
    return Array.from({ length: 13 }, (_, round) => {
      const ackedBytes = (round === 0 ? 40 : 10) * MTU;
      const deliveredAtSendBytes = model.deliveredTotalBytes;
      const deliveredTotalBytes = deliveredAtSendBytes + ackedBytes;
      // A second for each round, in which the bandwidth explains all that came before.
      const nowUs = 1_000_000 * (round + 1);
      const sample = ackSample({ nowUs, ackedBytes, deliveredTotalBytes, deliveredAtSendBytes });
      model.update(sample, 1, false, BbrState.ProbeCruise, 100_000, 100_000);
      model.bandwidth = 1;
      return model.aggregation.extraBytes / MTU;
    });
  }

  test('is remembered for a round in Startup, and for ten once the pipe was full', () => {
    // BBR.ExtraAckedFilterLen, draft-ietf-ccwg-bbr "BBRUpdateACKAggregation".
    expect(extraBytesOf(false)).toEqual([40, 40, ...Array<number>(11).fill(10)]);
    expect(extraBytesOf(true)).toEqual([...Array<number>(11).fill(40), 10, 10]);
  });
});

describe('the bound of a state', () => {
  test.each([
    [BbrState.Startup, 60_000],
    [BbrState.Drain, 60_000],
    [BbrState.ProbeDown, 40_000],
    [BbrState.ProbeCruise, 34_000],
    [BbrState.ProbeRefill, 40_000],
    [BbrState.ProbeUp, 40_000],
    [BbrState.ProbeRtt, 34_000],
  ] as const)('%i: %i of 60,000 and 40,000 bytes', (state, bytes) => {
    const model = new PathModel(MTU, 0);
    model.shortTerm.inFlightBytes = 60_000;
    model.volume.lower(40_000);
    expect(model.bound(state)).toBe(bytes);
    model.shortTerm.inFlightBytes = 30_000;
    expect(model.bound(state)).toBe(30_000);
  });
});

describe('ProbeRTT', () => {
  const empty = ackSample({ nowUs: 1_000_000, inFlightBytes: 4800, deliveredTotalBytes: 50_000 });

  test('ends after 200 ms and a round that began when the queue was empty', () => {
    const model = new PathModel(MTU, 0);
    model.minRtt.add(10_000, 0);
    model.deliveredTotalBytes = 50_000;
    const probe = new ProbeRtt();
    probe.start();
    expect(probe.onAck(ackSample({ ...empty, nowUs: 500_000, inFlightBytes: 4801 }), model)).toBe(false);
    expect(probe.onAck(empty, model)).toBe(false);
    model.round.onAck(ackSample({ deliveredAtSendBytes: 49_999 }));
    expect(probe.onAck(ackSample({ ...empty, nowUs: 1_300_000 }), model)).toBe(false);
    model.round.onAck(ackSample({ deliveredAtSendBytes: 50_000 }));
    expect(probe.onAck(ackSample({ ...empty, nowUs: 1_300_000 }), model)).toBe(true);
    model.round.isStart = false;
    expect(probe.onAck(ackSample({ ...empty, nowUs: 1_300_000 }), model)).toBe(true);
    expect([probe.isOver(1_200_000), probe.isOver(1_200_001)]).toEqual([false, true]);
    probe.start();
    expect(probe.isOver(9_000_000)).toBe(false);
    expect(probe.onAck(ackSample({ ...empty, nowUs: 9_000_000 }), model)).toBe(false);
    expect(probe.onAck(ackSample({ ...empty, nowUs: 9_000_000 }), model)).toBe(false);
  });

  test('holds back what is in flight, and what is sent until that is delivered', () => {
    const probe = new ProbeRtt();
    expect(probe.heldBack(ackSample({ deliveredAtSendBytes: 0 }))).toBe(false);
    probe.onAck(empty, new PathModel(MTU, 0));
    expect(probe.heldBack(ackSample({ deliveredAtSendBytes: 54_800 }))).toBe(true);
    expect(probe.heldBack(ackSample({ deliveredAtSendBytes: 54_801 }))).toBe(false);
  });
});
