import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { controllerByName } from '../src/options.ts';
import type { CongestionController } from '../src/controller.ts';
import { ackSample, congestionEvent } from './ack-sample.ts';
import { averageWindow } from './deterministic-loss.ts';

const SEED = 20_261_128;
const MTU = 1200;

/** CUBIC as RFC 9438 §4 has it: segments, seconds and real numbers, written from the text alone. */
class ModelCubic {
  cwnd = 10;
  private ssthresh = Infinity;
  private wMax = 0;
  private cwndPrior = 0;
  private wEst = 0;
  private k = 0;
  private epochStart: number | undefined;
  private before: Partial<ModelCubic> | undefined;
  private readonly fastConvergence: boolean;

  constructor(fastConvergence: boolean) {
    this.fastConvergence = fastConvergence;
  }

  ack(now: number, rtt: number, segments: number): void {
    if (this.cwnd < this.ssthresh) {
      this.cwnd += segments;
      return;
    }
    if (this.epochStart === undefined) {
      this.epochStart = now;
      // Figure 2, and W_max of a flow that has no larger window to return to.
      this.wMax = Math.max(this.wMax, this.cwnd);
      this.k = ((this.wMax - this.cwnd) / 0.4) ** (1 / 3);
      this.wEst = this.cwnd;
    }
    const w = (t: number): number => 0.4 * (t - this.k) ** 3 + this.wMax;
    const t = now - this.epochStart;
    // §4.3: α_cubic = 3 (1 - β) / (1 + β) until W_est reaches the window before the reduction, 1 from there on.
    const alpha = this.wEst >= this.cwndPrior ? 1 : (3 * (1 - 0.7)) / (1 + 0.7);
    this.wEst += (alpha * segments) / this.cwnd;
    if (w(t) < this.wEst) {
      this.cwnd = Math.max(this.cwnd, this.wEst);
      return;
    }
    // §4.4, §4.5: the target is the window one RTT ahead, within cwnd and 1.5 cwnd.
    const target = Math.min(Math.max(w(t + rtt), this.cwnd), 1.5 * this.cwnd);
    this.cwnd += ((target - this.cwnd) / this.cwnd) * segments;
  }

  lose(): void {
    const { cwnd, ssthresh, wMax, cwndPrior, wEst, k, epochStart } = this;
    this.before = { cwnd, ssthresh, wMax, cwndPrior, wEst, k, epochStart } as Partial<ModelCubic>;
    // §4.7, §4.6
    this.wMax = this.fastConvergence && cwnd < wMax ? (cwnd * (1 + 0.7)) / 2 : cwnd;
    this.cwndPrior = cwnd;
    this.cwnd = this.ssthresh = Math.max(cwnd * 0.7, 2);
    this.epochStart = undefined;
  }

  /** §4.9: everything as it was before the reduction that a spurious loss has caused. */
  undo(): void {
    if (this.before !== undefined && this.cwnd < this.before.cwnd!) Object.assign(this, this.before);
    this.before = undefined;
  }
}

interface Step {
  kind: 'acks' | 'lose' | 'undo';
  count: number;
}

/** Drives both through the same rounds, and returns the largest relative difference of their windows. */
function compare(steps: readonly Step[], rttUs: number, fastConvergence: boolean): number {
  const cubic = controllerByName('cubic', { fastConvergence, longPaths: false })({ mtuBytes: MTU, nowUs: 0 });
  const model = new ModelCubic(fastConvergence);
  let nowUs = 1_000_000;
  let worst = 0;
  for (const { kind, count } of steps) {
    nowUs += rttUs;
    if (kind === 'lose') {
      cubic.onCongestion(congestionEvent({ nowUs, sentUs: nowUs - 1 }));
      model.lose();
    } else if (kind === 'undo') {
      cubic.onSpuriousLoss(nowUs);
      model.undo();
    } else {
      for (let round = 0; round < count; round++) acknowledgeWindow(cubic, model, (nowUs += rttUs), rttUs);
    }
    worst = Math.max(worst, Math.abs(cubic.windowBytes / (model.cwnd * MTU) - 1));
  }
  return worst;
}

/** One round trip, in ACKs of two packets as far as the window of the model goes. RTTs that do not rise keep HyStart++ out. */
function acknowledgeWindow(
  cubic: CongestionController,
  model: ModelCubic,
  nowUs: number,
  rttUs: number,
): void {
  const acks = Math.min(Math.max(1, Math.floor(model.cwnd / 2)), 50);
  const segments = model.cwnd / acks;
  for (let i = 0; i < acks; i++) {
    const atUs = nowUs + Math.floor((rttUs * i) / acks);
    const sample = ackSample({
      nowUs: atUs,
      newestSentUs: atUs - 1,
      smoothedRttUs: rttUs,
      latestRttUs: rttUs,
    });
    sample.ackedBytes = Math.round(segments * MTU);
    cubic.onAck(sample);
    model.ack(atUs / 1e6, rttUs / 1e6, sample.ackedBytes / MTU);
  }
}

describe('CUBIC and the text of RFC 9438 §4', () => {
  const steps = fc.array(
    fc.record({
      kind: fc.constantFrom<Step['kind'][]>('acks', 'acks', 'acks', 'lose', 'lose', 'undo'),
      count: fc.integer({ min: 1, max: 20 }),
    }),
    { minLength: 2, maxLength: 40 },
  );
  const start: Step[] = [
    { kind: 'acks', count: 4 },
    { kind: 'lose', count: 1 },
  ];

  test.each([true, false])(`agree within a packet's rounding, fast convergence %s (seed ${SEED})`, (fast) => {
    fc.assert(
      fc.property(fc.constantFrom(5000, 20_000, 60_000, 200_000, 500_000), steps, (rttUs, list) => {
        expect(compare([...start, ...list], rttUs, fast)).toBeLessThan(0.004);
      }),
      { seed: SEED, numRuns: 80 },
    );
  });
});

describe('a loss in every so many packets, a round trip of 100 ms', () => {
  // RFC 9438 §5.1, table 1: the average window in segments. In this region CUBIC grows as Reno does.
  test.each([
    [1e-2, 12],
    [1e-3, 38],
  ])('%f: an average window of %i segments', (rate, segments) => {
    const average = averageWindow(controllerByName('cubic'), rate, 100_000);
    expect(Math.abs(average / segments - 1)).toBeLessThan(0.05);
  });
});
