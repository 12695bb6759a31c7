import { ECN_ALL_CE, ECN_BLEACH, ECN_SWAP } from '../link.ts';
import type { Scenario } from '../scenario.ts';
import { ceilingOf, lossyTransferUs, transferUs } from './model.ts';
import { DSL, DSL_MODEL, MEGABYTE, MEGABYTE_US, MS, S } from './setting.ts';

/** A megabyte over paths with one impairment each, and over one with several. */
export const IMPAIRMENTS: readonly Scenario[] = [
  {
    name: 'loss-1',
    about: '1 % random loss',
    link: { ...DSL, loss: { kind: 'random', rate: 0.01 } },
    exchanges: MEGABYTE,
    ceilingUs: ceilingOf(2 * DSL_MODEL.rttUs + lossyTransferUs(1_000_000, DSL_MODEL, 0.01), 1),
  },
  {
    name: 'loss-5',
    about: '5 % random loss',
    link: { ...DSL, loss: { kind: 'random', rate: 0.05 } },
    exchanges: MEGABYTE,
    // The actual time is a little above the model, which has no probe timeouts.
    ceilingUs: ceilingOf(2 * DSL_MODEL.rttUs + lossyTransferUs(1_000_000, DSL_MODEL, 0.05)),
  },
  {
    name: 'loss-30',
    about: '30 % random loss, at most three in a row',
    link: { ...DSL, loss: { kind: 'random', rate: 0.3, longestRun: 3 } },
    exchanges: [{ requestBytes: 100, responseBytes: 50_000 }],
    // Half of the flights of two packets lose the last one, or its ACK, and wait for a probe timeout, for
    // which there is no simple model. The actual time, and a quarter.
    ceilingUs: ceilingOf(7 * S),
  },
  {
    name: 'bursts',
    about: 'bursts of five lost, 2 % of what the server sends',
    link: DSL,
    down: { loss: { kind: 'bursts', toBad: 0.004, toGood: 0.2 } },
    exchanges: MEGABYTE,
    // A burst is one reduction, and begins at one packet in 250.
    ceilingUs: ceilingOf(2 * DSL_MODEL.rttUs + lossyTransferUs(1_000_000, DSL_MODEL, 0.004), 1),
  },
  {
    name: 'every-tenth',
    about: 'every tenth datagram is lost',
    link: { ...DSL, loss: { kind: 'periodic', period: 10, length: 1, first: 9 } },
    exchanges: [{ requestBytes: 100, responseBytes: 200_000 }],
    // The actual time is up to a third above the model, which has no probe timeouts: how many there are hangs on which of
    // the datagrams are every tenth.
    ceilingUs: ceilingOf(2 * DSL_MODEL.rttUs + lossyTransferUs(200_000, DSL_MODEL, 0.1), 1.35),
  },
  {
    name: 'blackhole',
    about: 'two seconds of nothing, in the middle',
    link: { ...DSL, blackholes: [{ fromUs: 400 * MS, untilUs: 2400 * MS }] },
    exchanges: MEGABYTE,
    // The last probe of the blackhole may be as far away as the blackhole lasted; the window then begins at
    // two packets: six round trips.
    ceilingUs: ceilingOf(MEGABYTE_US + 2 * S + 300 * MS),
  },
  {
    name: 'jitter',
    about: '25 ms and about 10 ms of jitter',
    link: { ...DSL, jitter: { kind: 'normal', meanUs: 10 * MS, deviationUs: 4 * MS } },
    exchanges: MEGABYTE,
    ceilingUs: ceilingOf(140 * MS + transferUs(1_000_000, { ...DSL_MODEL, rttUs: 70 * MS })),
  },
  {
    name: 'wifi',
    about: 'a radio that waits its turn',
    link: { ...DSL, jitter: { kind: 'slots', slotUs: 5 * MS, busy: 0.4 } },
    exchanges: MEGABYTE,
    ceilingUs: ceilingOf(MEGABYTE_US),
  },
  {
    name: 'reordering',
    about: '5 % overtaken by several others',
    link: { ...DSL, reordering: 0.05, reorderUs: 8 * MS },
    exchanges: MEGABYTE,
    // No packet is lost.
    ceilingUs: ceilingOf(MEGABYTE_US),
  },
  {
    name: 'duplication',
    about: 'every fifth datagram comes twice',
    link: { ...DSL, duplication: 0.2 },
    exchanges: MEGABYTE,
    // Duplicates take their share of the link's rate.
    ceilingUs: ceilingOf(1.2 * MEGABYTE_US),
  },
  {
    name: 'corruption',
    about: '2 % arrive with a byte changed',
    link: { ...DSL, corruption: 0.02 },
    exchanges: MEGABYTE,
    ceilingUs: ceilingOf(2 * DSL_MODEL.rttUs + lossyTransferUs(1_000_000, DSL_MODEL, 0.02), 1.1),
  },
  {
    name: 'tiny-queue',
    about: 'a queue of three datagrams',
    link: { ...DSL, queueBytes: 4400 },
    exchanges: MEGABYTE,
    // By the model of a link without a queue, 0.85 of its rate, 1.2 s. The actual time is twice that, because
    // slow start overflows the queue of three datagrams early.
    ceilingUs: ceilingOf(2400 * MS),
  },
  {
    name: 'bufferbloat',
    about: 'a queue of half a second',
    link: { ...DSL, queueBytes: 625_000 },
    exchanges: MEGABYTE,
    ceilingUs: ceilingOf(MEGABYTE_US),
  },
  {
    name: 'codel',
    about: 'CoDel at the bottleneck',
    link: { ...DSL, queue: { kind: 'codel' } },
    exchanges: MEGABYTE,
    ceilingUs: ceilingOf(MEGABYTE_US),
  },
  {
    name: 'dual-queue',
    about: 'an L4S dual queue at the bottleneck',
    link: { ...DSL, queue: { kind: 'dual' } },
    exchanges: MEGABYTE,
    ceilingUs: ceilingOf(MEGABYTE_US),
  },
  {
    name: 'ce-marks',
    about: '1 % marked congestion experienced',
    link: { ...DSL, ceMarking: 0.01 },
    exchanges: MEGABYTE,
    // Five marks within a second reduce the window; the queue holds enough packets to keep the link busy.
    ceilingUs: ceilingOf(MEGABYTE_US),
  },
  {
    name: 'ecn-bleached',
    about: 'ECN codepoints erased on the way',
    link: { ...DSL, ecnRewrite: ECN_BLEACH },
    exchanges: MEGABYTE,
    ceilingUs: ceilingOf(MEGABYTE_US),
  },
  {
    name: 'ecn-swapped',
    about: 'ECT(0) arrives as ECT(1)',
    link: { ...DSL, ecnRewrite: ECN_SWAP },
    exchanges: MEGABYTE,
    ceilingUs: ceilingOf(MEGABYTE_US),
  },
  {
    name: 'ecn-all-ce',
    about: 'everything arrives marked: validation must fail, not the transfer',
    link: { ...DSL, ecnRewrite: ECN_ALL_CE },
    exchanges: MEGABYTE,
    ceilingUs: ceilingOf(MEGABYTE_US),
  },
  {
    name: 'everything-at-once',
    about: 'loss, jitter, reordering, duplication and corruption together',
    link: {
      ...DSL,
      loss: { kind: 'random', rate: 0.01 },
      jitter: { kind: 'uniform', upToUs: 3 * MS },
      reordering: 0.01,
      duplication: 0.01,
      corruption: 0.01,
    },
    exchanges: [{ requestBytes: 50_000, responseBytes: 300_000 }],
    ceilingUs: ceilingOf(
      3 * DSL_MODEL.rttUs + transferUs(50_000, DSL_MODEL) + lossyTransferUs(300_000, DSL_MODEL, 0.02),
      1,
    ),
  },
];
