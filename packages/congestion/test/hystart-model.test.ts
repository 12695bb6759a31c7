import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { controllerByName } from '../src/options.ts';
import { ackSample } from './ack-sample.ts';

const SEED = 20_261_130;
const MTU = 1200;

/** RFC 9406 §4.2 with the constants of §4.3 and its names; times in milliseconds, no limit L, for the sender paces. */
class ModelHyStart {
  cwnd = 10 * MTU;
  phase: 'slow start' | 'css' | 'congestion avoidance' = 'slow start';
  sndNxt = 0;
  private windowEnd = 0;
  private lastRoundMinRTT = Infinity;
  private currentRoundMinRTT = Infinity;
  private rttSampleCount = 0;
  private cssBaselineMinRtt = Infinity;
  private cssRounds = 0;

  startRound(): void {
    this.lastRoundMinRTT = this.currentRoundMinRTT;
    this.currentRoundMinRTT = Infinity;
    this.rttSampleCount = 0;
    this.windowEnd = this.sndNxt;
  }

  ack(packet: number, rtt: number): void {
    if (this.phase === 'congestion avoidance') return;
    if (packet >= this.windowEnd) {
      // A round is complete; a partial one in which CSS began counts towards CSS_ROUNDS.
      if (this.phase === 'css' && ++this.cssRounds === 5) {
        this.phase = 'congestion avoidance';
        return;
      }
      this.startRound();
    }
    this.currentRoundMinRTT = Math.min(this.currentRoundMinRTT, rtt);
    this.rttSampleCount += 1;
    this.judge();
    this.cwnd += this.phase === 'css' ? Math.ceil(MTU / 4) : MTU;
  }

  private judge(): void {
    if (this.rttSampleCount < 8 || this.currentRoundMinRTT === Infinity) return;
    if (this.phase === 'slow start') {
      if (this.lastRoundMinRTT === Infinity) return;
      const rttThresh = Math.max(4, Math.min(this.lastRoundMinRTT / 8, 16));
      if (this.currentRoundMinRTT < this.lastRoundMinRTT + rttThresh) return;
      this.cssBaselineMinRtt = this.currentRoundMinRTT;
      this.phase = 'css';
      this.cssRounds = 0;
    } else if (this.currentRoundMinRTT < this.cssBaselineMinRtt) {
      this.cssBaselineMinRtt = Infinity;
      this.phase = 'slow start';
    }
  }
}

/** The least RTT of each round, ms: a path whose queue fills, drains, or jitters. */
const rounds = fc.record({
  baseMs: fc.constantFrom(8, 20, 31, 50, 90, 127, 140),
  risesMs: fc.array(fc.integer({ min: -20, max: 26 }), { minLength: 3, maxLength: 14 }),
  jitterMs: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 5, maxLength: 30 }),
  packets: fc.constantFrom(5, 7, 8, 9, 12, 20),
});

test.each(['newreno', 'cubic'])(`%s starts as RFC 9406 §4.2 says (seed ${SEED})`, (name) => {
  const phases = new Set<string>();
  fc.assert(
    fc.property(rounds, ({ baseMs, risesMs, jitterMs, packets }) => {
      const controller = controllerByName(name, { longPaths: false })({ mtuBytes: MTU, nowUs: 0 });
      const model = new ModelHyStart();
      let delivered = 0;
      let packet = 0;
      let nowUs = 1_000_000;
      let rttMs: number = baseMs;
      model.sndNxt = packets;
      model.startRound();
      for (const riseMs of risesMs) {
        rttMs = Math.max(baseMs, rttMs + riseMs);
        // The packets of a round left when the round before was acknowledged, one for each ACK.
        const deliveredAtStart = delivered;
        for (let i = 0; i < packets; i++, packet++) {
          const sampleMs = rttMs + jitterMs[packet % jitterMs.length]!;
          nowUs += 1000;
          const deliveredAtSendBytes = Math.max(0, deliveredAtStart - (packets - 1 - i) * MTU);
          delivered += MTU;
          model.sndNxt = packet + packets;
          model.ack(packet, sampleMs);
          controller.onAck(
            ackSample({
              nowUs,
              newestSentUs: nowUs - sampleMs * 1000,
              latestRttUs: sampleMs * 1000,
              deliveredTotalBytes: delivered,
              deliveredAtSendBytes,
            }),
          );
          phases.add(model.phase);
          if (model.phase === 'congestion avoidance') return !controller.inSlowStart;
          if (!controller.inSlowStart || controller.windowBytes !== model.cwnd) return false;
        }
      }
      return true;
    }),
    { seed: SEED, numRuns: 1000 },
  );
  expect(phases.size).toBe(3);
});
