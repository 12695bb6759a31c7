import { describe, expect, test } from '@jest/globals';
import { Bbr } from '../src/bbr/bbr.ts';
import { PathModel } from '../src/bbr/path-model.ts';
import { BbrState } from '../src/bbr/states.ts';
import { ackSample, congestionEvent } from './ack-sample.ts';

// Constants and formulas of draft-ietf-ccwg-bbr and draft-cardwell-iccrg-bbr-congestion-control, written out here by hand.
const MTU = 1200;
/** Pacing stays one per cent below the bandwidth. */
const MARGIN = 0.99;

interface Flight {
  /** Bytes in flight, when the acknowledged packet left and now. */
  volume?: number;
  lost?: number;
  ce?: number;
  unused?: boolean;
}

/** A path of constant rate and round trip time, whose ACKs come packet by packet. */
class SteadyPath {
  readonly bbr: Bbr = new Bbr({ mtuBytes: MTU, nowUs: 1_000_000, seed: 7 }, false);
  nowUs = 1_000_000;
  delivered = 0;
  readonly rate: number;
  readonly rttUs: number;

  /** `rate` is in bytes per microsecond. */
  constructor(rate = 1.2, rttUs = 40_000) {
    this.rate = rate;
    this.rttUs = rttUs;
  }

  get product(): number {
    return this.rate * this.rttUs;
  }

  acks(count: number, { volume = this.product, lost = 0, ce = 0, unused = false }: Flight = {}): void {
    for (let i = 0; i < count; i++) {
      this.nowUs += MTU / this.rate;
      this.delivered += MTU;
      this.bbr.onAck(
        ackSample({
          nowUs: this.nowUs,
          newestSentUs: this.nowUs - this.rttUs,
          priorInFlightBytes: volume + MTU,
          inFlightBytes: volume,
          deliveredTotalBytes: this.delivered,
          deliveredAtSendBytes: Math.max(0, this.delivered - volume),
          deliveredBytes: this.product,
          deliveryIntervalUs: this.rttUs,
          latestRttUs: this.rttUs,
          smoothedRttUs: this.rttUs,
          minRttUs: this.rttUs,
          lostBytes: lost,
          ceBytes: ce,
          windowUnused: unused,
        }),
      );
      this.bbr.onSent(this.nowUs, MTU, volume + MTU);
    }
  }

  /** Acknowledges until the pacing gain is this, and returns how many ACKs that took. */
  untilGain(gain: number, flight: Flight = {}): number {
    for (let count = 1; count < 20_000; count++) {
      this.acks(1, flight);
      if (Math.abs(this.gain - gain) < 1e-9) return count;
    }
    throw new Error(`never at a gain of ${gain}`);
  }

  get gain(): number {
    return this.bbr.pacingRate / (this.rate * 1_000_000 * MARGIN);
  }

  /** Startup ends, and what is in flight falls to what fills the path: the flow cruises. */
  cruise(): this {
    this.untilGain(0.5, { volume: 2 * this.product });
    this.untilGain(1);
    return this;
  }

  /** From cruising on to a probe that sends a quarter faster. */
  probe(): this {
    this.untilGain(1.25);
    return this;
  }
}

describe('pacing', () => {
  test('before the first RTT is 2.77 times the initial window over a millisecond, then over the RTT', () => {
    const path = new SteadyPath(0.012);
    expect(path.bbr.pacingRate).toBe((2.77 * 12_000) / 0.001);
    path.acks(1, { volume: 12_000 });
    expect(path.bbr.pacingRate).toBeCloseTo((2.77 * 12_000) / 0.04, 6);
  });

  test('in Startup is 2.77 times the bandwidth, after three rounds without growth half of it', () => {
    const path = new SteadyPath();
    path.acks(10, { volume: 96_000 });
    expect(path.gain).toBeCloseTo(2.77, 9);
    expect(path.bbr.inSlowStart).toBe(true);
    path.untilGain(0.5, { volume: 96_000 });
    expect(path.bbr.inSlowStart).toBe(false);
  });

  test('half the bandwidth lasts until no more is in flight than fills the path', () => {
    const path = new SteadyPath();
    path.untilGain(0.5, { volume: 96_000 });
    path.acks(100, { volume: 48_001 });
    expect(path.gain).toBeCloseTo(0.5, 9);
    path.acks(1, { volume: 48_000 });
    expect(path.gain).toBeCloseTo(1, 9);
  });

  test('a probe is 1.25 times, and after three rounds without growth 0.9 times, until there is room', () => {
    const path = new SteadyPath().cruise().probe();
    // A round is what is in flight: 50 packets.
    const acks = path.untilGain(0.9, { volume: 60_000 });
    expect(acks).toBeGreaterThanOrEqual(150 - 50);
    expect(acks).toBeLessThanOrEqual(200);
    path.acks(20, { volume: 48_001 });
    expect(path.gain).toBeCloseTo(0.9, 9);
    path.acks(1, { volume: 48_000 });
    expect(path.gain).toBeCloseTo(1, 9);
  });

  test('a flow that sends after silence paces at the bandwidth, even in a probe', () => {
    const path = new SteadyPath().cruise().probe();
    path.bbr.onSent(path.nowUs, MTU, MTU);
    expect(path.gain).toBeCloseTo(1, 9);
  });

  test('never falls below the least window per round trip', () => {
    const path = new SteadyPath(0.012);
    path.acks(200, { volume: 12_000 });
    expect(path.bbr.pacingRate).toBe((2 * MTU) / 0.04);
  });
});

describe('the window', () => {
  // The volume of the path times the gain of the state, and what ACKs bring at once: here one packet.
  test('is twice the volume of the path, in a probe 2.25 times and two packets', () => {
    const path = new SteadyPath().cruise();
    path.acks(50);
    expect(path.bbr.windowBytes).toBe(2 * 48_000 + MTU);
    path.probe();
    path.acks(38);
    expect(path.bbr.windowBytes).toBe(2.25 * 48_000 + MTU + 2 * MTU);
  });

  test('grows by what is acknowledged, and not where it was not full (RFC 9002 §7.8)', () => {
    const path = new SteadyPath();
    path.acks(10, { volume: 12_000 });
    expect(path.bbr.windowBytes).toBe(12_000 + 10 * MTU);
    path.acks(10, { volume: 12_000, unused: true });
    expect(path.bbr.windowBytes).toBe(12_000 + 10 * MTU);
  });

  test('makes room for the most that ACKs brought at once, for ten rounds', () => {
    const path = new SteadyPath().cruise();
    path.acks(50);
    // Ten packets at once, and then none for as long as they would have taken.
    const before = path.nowUs;
    for (let i = 0; i < 10; i++) {
      path.nowUs = before;
      path.acks(1);
    }
    path.nowUs += 10 * 1000;
    path.acks(1);
    const extra = path.bbr.windowBytes - 2 * 48_000;
    expect(extra).toBeGreaterThan(8 * MTU);
    // The eleventh round that begins forgets it.
    let acks = 0;
    for (; path.bbr.windowBytes === 2 * 48_000 + extra; acks++) path.acks(1);
    expect(acks).toBeGreaterThan(10 * 40);
    expect(acks).toBeLessThanOrEqual(11 * 40);
    expect(path.bbr.windowBytes).toBe(2 * 48_000 + MTU);
  });
});

describe('the time of the next probe', () => {
  /** Rounds from the end of a probe to the next, of which the last refills the pipe. */
  function roundsBetween(path: SteadyPath): number {
    path.cruise().probe().untilGain(0.9);
    return (path.untilGain(1.25) * MTU) / path.product;
  }

  test('is as many rounds away as the path holds packets', () => {
    const rounds = roundsBetween(new SteadyPath(1.2, 40_000));
    expect(rounds).toBeGreaterThan(39);
    expect(rounds).toBeLessThanOrEqual(42);
  });

  test('is 63 rounds away at most', () => {
    const rounds = roundsBetween(new SteadyPath(12, 10_000));
    expect(rounds).toBeGreaterThan(62);
    expect(rounds).toBeLessThanOrEqual(65);
  });

  test('is two to three seconds away where rounds are long', () => {
    const path = new SteadyPath(1.2, 80_000).cruise();
    const cruisesUs = path.nowUs;
    path.probe();
    // The last round refills the pipe, and an ACK ends each.
    const seconds = (path.nowUs - cruisesUs) / 1e6 - 0.08;
    expect(seconds).toBeGreaterThan(2);
    expect(seconds).toBeLessThan(3.01);
  });
});

describe('ProbeRTT', () => {
  test('comes when no RTT as small was seen for five seconds, with half the volume for 200 ms and a round', () => {
    const path = new SteadyPath().cruise();
    const isHeld = (): boolean => path.bbr.windowBytes <= 24_000;
    while (!isHeld()) path.acks(1);
    // The only RTT that was smaller than all before came with the first ACK.
    expect(path.nowUs - 1_001_000).toBeGreaterThan(5_000_000);
    expect(path.nowUs - 1_001_000).toBeLessThanOrEqual(5_002_000);
    expect(path.bbr.windowBytes).toBe(24_000);
    // As long as more is in flight, the 200 ms do not begin.
    path.acks(300, { volume: 24_001 });
    expect(isHeld()).toBe(true);
    path.acks(1, { volume: 24_000 });
    const emptyUs = path.nowUs;
    while (isHeld()) path.acks(1, { volume: 24_000 });
    expect(path.nowUs - emptyUs).toBeGreaterThan(200_000);
    expect(path.nowUs - emptyUs).toBeLessThanOrEqual(202_000);
    expect(path.bbr.windowBytes).toBe(2 * 48_000 + MTU);
    // The next one is five seconds away.
    const probedUs = path.nowUs;
    while (!isHeld()) path.acks(1);
    expect(path.nowUs - probedUs).toBeGreaterThan(4_998_000);
    expect(path.nowUs - probedUs).toBeLessThanOrEqual(5_002_000);
  });
});

describe('ProbeRTT of a flow that falls silent', () => {
  test('is over with the first packet after the 200 ms', () => {
    const path = new SteadyPath().cruise();
    while (path.bbr.windowBytes > 24_000) path.acks(1);
    path.acks(1, { volume: 24_000 });
    path.bbr.onSent(path.nowUs + 200_000, MTU, MTU);
    expect(path.bbr.windowBytes).toBeLessThanOrEqual(24_000);
    path.bbr.onSent(path.nowUs + 200_001, MTU, MTU);
    expect(path.bbr.windowBytes).toBe(2 * 48_000 + MTU);
  });
});

describe('a probe on a path whose volume is bound', () => {
  /** The bound is 61,225 bytes, and the next probe begins. */
  function boundPath(): SteadyPath {
    const path = new SteadyPath().cruise().probe();
    path.acks(1, { volume: 60_000, lost: 1225 });
    path.untilGain(1);
    return path.probe();
  }

  test('raises the bound by a packet for each window that arrives in the first round, where the window is full', () => {
    const path = boundPath();
    expect(path.bbr.windowBytes).toBe(61_225);
    path.acks(102, { volume: 60_500 });
    expect(path.bbr.windowBytes).toBeGreaterThanOrEqual(61_225 + MTU);
    expect(path.bbr.windowBytes).toBeLessThanOrEqual(61_225 + 4 * MTU);
  });

  test('leaves it where the window is not full', () => {
    const path = boundPath();
    path.acks(60, { volume: 48_000 });
    expect(path.bbr.windowBytes).toBe(61_225);
  });

  test('begins after a whole round in which the pipe fills again, also where time asks for it in the middle of one', () => {
    const path = new SteadyPath(1.2, 80_000).cruise();
    const stateOf = (): unknown => (path.bbr as unknown as { state: BbrState }).state;
    while (stateOf() !== BbrState.ProbeRefill) path.acks(1);
    let count = 0;
    for (; stateOf() === BbrState.ProbeRefill; count++) path.acks(1);
    // 80 packets fill the path.
    expect(count).toBeGreaterThanOrEqual(80);
    expect(count).toBeLessThanOrEqual(82);
  });
});

describe('losses of a probe', () => {
  // Of what was in flight, lost bytes included, two per cent may be lost: 1224 of 61,224 may, 1225 of 61,225 may not.
  test('above two per cent bound the volume by what was in flight', () => {
    const path = new SteadyPath().cruise().probe();
    path.acks(20, { volume: 60_000, lost: 1224 });
    expect(path.gain).toBeCloseTo(1.25, 9);
    path.acks(1, { volume: 60_000, lost: 1225 });
    expect(path.gain).toBeCloseTo(0.9, 9);
    expect(path.bbr.windowBytes).toBe(61_225);
    // Cruising leaves fifteen per cent of room.
    path.acks(1, { volume: 48_000 });
    expect(path.bbr.windowBytes).toBe(Math.floor(61_225 - 0.15 * 61_225));
  });

  test('bound it at seven tenths of the volume of the path at least', () => {
    const path = new SteadyPath().cruise().probe();
    path.acks(1, { volume: 20_000, lost: 500 });
    expect(path.bbr.windowBytes).toBe(0.7 * 48_000 - Math.max(MTU, 0.15 * 0.7 * 48_000));
  });

  test('that are reported a round after it bound nothing', () => {
    const path = new SteadyPath().cruise().probe();
    path.untilGain(0.9, { volume: 60_000 });
    path.acks(110, { volume: 60_000 });
    path.acks(1, { volume: 60_000, lost: 6000 });
    expect(path.bbr.windowBytes).toBe(2 * 48_000 + MTU);
  });

  test('a CE mark counts like too much loss', () => {
    const path = new SteadyPath().cruise().probe();
    path.acks(1, { volume: 60_000, ce: MTU });
    expect(path.gain).toBeCloseTo(0.9, 9);
    expect(path.bbr.windowBytes).toBe(60_000);
  });
});

describe('Startup', () => {
  /** A round with so many reports of a loss, of three per cent together. */
  function lossyRound(reports: number): SteadyPath {
    const path = new SteadyPath();
    path.acks(60, { volume: 48_000 });
    for (let i = 0; i < reports; i++) {
      const { nowUs } = path;
      path.bbr.onCongestion(
        congestionEvent({ nowUs, sentUs: nowUs - 100, lostBytes: 1, inFlightBytes: 48_000 }),
      );
    }
    path.acks(40, { volume: 48_000, lost: 1600 });
    return path;
  }

  test('ends with six losses in a round and more than two per cent, and not with five', () => {
    expect(lossyRound(5).bbr.inSlowStart).toBe(true);
    expect(lossyRound(6).bbr.inSlowStart).toBe(false);
  });

  test('counts the losses from none on, in the first round as well', () => {
    const firstRound = (reports: number): boolean => {
      const path = new SteadyPath();
      const { nowUs } = path;
      for (let i = 0; i < reports; i++)
        path.bbr.onCongestion(
          congestionEvent({ nowUs, sentUs: nowUs - 100, lostBytes: 1, inFlightBytes: 48_000 }),
        );
      path.acks(1, { volume: 48_000, lost: 1600 });
      return path.bbr.inSlowStart;
    };
    expect([firstRound(5), firstRound(6)]).toEqual([true, false]);
  });

  test('that ends with a mark bounds the volume by what a round delivered, where that is more than the path holds', () => {
    const path = new SteadyPath();
    path.acks(200, { volume: 96_000 });
    path.acks(1, { volume: 96_000, ce: MTU });
    expect(path.bbr.inSlowStart).toBe(false);
    path.untilGain(1);
    // Cruising leaves fifteen per cent of room.
    expect(path.bbr.windowBytes).toBe(96_000 - 0.15 * 96_000);
  });

  test('ends with a CE mark', () => {
    const path = new SteadyPath();
    path.acks(60, { volume: 48_000 });
    path.acks(1, { volume: 48_000, ce: MTU });
    expect(path.bbr.inSlowStart).toBe(false);
  });
});

describe('recovery', () => {
  test('keeps what is in flight and one packet for a round, and then seven tenths of the window', () => {
    const path = new SteadyPath().cruise();
    path.acks(50);
    const before = path.bbr.windowBytes;
    const { nowUs } = path;
    path.bbr.onCongestion(
      congestionEvent({ nowUs, sentUs: nowUs - 1, lostBytes: 6000, inFlightBytes: 42_000 }),
    );
    expect(path.bbr.windowBytes).toBe(42_000 + MTU);
    path.acks(1, { volume: 48_000 });
    expect(path.bbr.windowBytes).toBe(48_000 + MTU);
    path.acks(45, { volume: 48_000 });
    // BBRAdaptLowerBounds: inflight_lo = max(inflight_latest, Beta * cwnd).
    expect(path.bbr.windowBytes).toBe(Math.max(48_000, 0.7 * before));
  });

  test('ends with persistent congestion, which restores nothing (RFC 9002 §7.6)', () => {
    const path = new SteadyPath().cruise();
    const { nowUs } = path;
    path.bbr.onCongestion(
      congestionEvent({ nowUs, sentUs: nowUs - 1, lostBytes: 6000, inFlightBytes: 42_000 }),
    );
    path.bbr.onPersistentCongestion(nowUs);
    expect(path.bbr.windowBytes).toBe(2 * MTU);
    path.acks(1, { volume: 0 });
    expect(path.bbr.windowBytes).toBe(4 * MTU);
  });

  test.each([
    ['persistent congestion', (bbr: Bbr): void => bbr.onPersistentCongestion(1_700_000)],
    [
      'a loss',
      (bbr: Bbr): void =>
        bbr.onCongestion(
          congestionEvent({ nowUs: 1_700_000, sentUs: 1_600_000, inFlightBytes: 6000, lostBytes: 6000 }),
        ),
    ],
  ])('%s ends the start of a long path', (_what, act) => {
    const bbr = new Bbr({ mtuBytes: MTU, nowUs: 1_000_000, seed: 7 });
    const rtt = { latestRttUs: 600_000, smoothedRttUs: 600_000, minRttUs: 600_000 };
    bbr.onAck(ackSample({ ...rtt, nowUs: 1_600_000, newestSentUs: 1_000_000, deliveryIntervalUs: 600_000 }));
    expect(bbr.windowBytes).toBe(72_000);
    act(bbr);
    bbr.onAck(ackSample({ ...rtt, nowUs: 1_800_000, newestSentUs: 1_000_000, deliveryIntervalUs: 600_000 }));
    expect(bbr.windowBytes).toBeLessThanOrEqual(12_000);
  });

  test('keeps four packets at least', () => {
    const path = new SteadyPath().cruise();
    const { nowUs } = path;
    path.bbr.onCongestion(congestionEvent({ nowUs, sentUs: nowUs - 1, lostBytes: 6000, inFlightBytes: 0 }));
    expect(path.bbr.windowBytes).toBe(4 * MTU);
  });

  test('does not begin for two per cent', () => {
    const path = new SteadyPath().cruise();
    path.acks(50);
    const before = path.bbr.windowBytes;
    const { nowUs } = path;
    path.bbr.onCongestion(
      congestionEvent({ nowUs, sentUs: nowUs - 1, lostBytes: 960, inFlightBytes: 47_040 }),
    );
    expect(path.bbr.windowBytes).toBe(before);
    path.bbr.onCongestion(
      congestionEvent({ nowUs: nowUs + 2, sentUs: nowUs + 1, lostBytes: 961, inFlightBytes: 47_039 }),
    );
    expect(path.bbr.windowBytes).toBe(47_039 + MTU);
  });
});

describe('PathModel', () => {
  // BBRSetSendQuantum and BBRQuantizationBudget: three trains of a millisecond, from one or two packets to 64 kB.
  test.each([
    [149_999, BbrState.ProbeCruise, 4800],
    [150_000, BbrState.ProbeCruise, 3 * 2 * 1200],
    [10_000_000, BbrState.ProbeCruise, 3 * 10_000],
    [1_000_000_000, BbrState.ProbeCruise, 3 * 65_536],
    [10_000_000, BbrState.ProbeUp, 3 * 10_000 + 2 * 1200],
  ] as const)('at %i bytes a second a volume has room for three trains', (pacingRate, state, bytes) => {
    expect(new PathModel(MTU, 0).quantized(0, pacingRate, state)).toBe(bytes);
    expect(new PathModel(MTU, 0).quantized(1e9, pacingRate, BbrState.ProbeCruise)).toBe(1e9);
  });

  test('a path without an RTT holds the initial window', () => {
    const model = new PathModel(MTU, 0);
    expect(model.product(123)).toBe(12_000);
    model.minRtt.add(10_000, 0);
    expect(model.product(2)).toBe(20_000);
  });
});
