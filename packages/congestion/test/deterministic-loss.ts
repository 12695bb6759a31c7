import type { CongestionFactory } from '../src/controller.ts';
import { ackSample, congestionEvent } from './ack-sample.ts';

const MTU = 1200;

/**
 * The average window, in packets over round trips, of a flow that loses exactly one in `1 / rate` packets: the model by which
 * RFC 9438 §5.1 and RFC 3649 §3 tabulate what a law makes of a loss rate. The first loss is the fortieth packet; twelve epochs count after eight.
 */
export function averageWindow(factory: CongestionFactory, rate: number, rttUs: number): number {
  const controller = factory({ mtuBytes: MTU, nowUs: 0 });
  const perLoss = Math.round(1 / rate);
  let nowUs = 1_000_000;
  let sinceLoss = perLoss - 40;
  let epochs = 0;
  let windowSum = 0;
  let rounds = 0;
  const sample = ackSample({ latestRttUs: rttUs, smoothedRttUs: rttUs, minRttUs: rttUs });
  while (epochs < 20) {
    const packets = Math.floor(controller.windowBytes / MTU);
    if (epochs >= 8) {
      windowSum += packets;
      rounds++;
    }
    for (let i = 0; i < packets; i++) {
      sample.nowUs = nowUs + Math.floor((i * rttUs) / packets);
      sample.newestSentUs = sample.nowUs - 1;
      controller.onAck(sample);
      if (++sinceLoss < perLoss) continue;
      sinceLoss = 0;
      epochs++;
      controller.onCongestion(congestionEvent({ nowUs: sample.nowUs, sentUs: sample.nowUs - 1 }));
    }
    nowUs += rttUs;
  }
  return windowSum / rounds;
}
