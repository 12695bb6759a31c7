import { describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import { Reordering } from './reordering.ts';
import { RttEstimator } from './rtt.ts';

function settledRtt(us: number): RttEstimator {
  const rtt = new RttEstimator(us);
  for (let i = 0; i < 50; i++) rtt.onSample(us, 0, i * us);
  return rtt;
}

describe('how long to wait for what may be reordered', () => {
  test('the usual thresholds until something is', () => {
    covers('rfc9002-6.1.1-1');
    const reordering = new Reordering();
    expect(reordering.packetThreshold).toBe(3);
    expect(reordering.lossDelayUs(settledRtt(80_000))).toBe(90_000);
  });

  test('what came late would not be declared lost the next time', () => {
    const rtt = settledRtt(40_000);
    const reordering = new Reordering();
    reordering.onArrivedBehind(30, 48_000, rtt);
    expect(reordering.packetThreshold).toBeGreaterThan(30);
    expect(reordering.lossDelayUs(rtt)).toBeGreaterThan(48_000);
    expect(reordering.lossDelayUs(rtt)).toBeLessThan(56_000);
  });

  test('less reordering than before changes nothing', () => {
    const rtt = settledRtt(40_000);
    const reordering = new Reordering();
    reordering.onArrivedBehind(30, 48_000, rtt);
    const before = [reordering.packetThreshold, reordering.lossDelayUs(rtt)];
    reordering.onArrivedBehind(3, 41_000, rtt);
    expect([reordering.packetThreshold, reordering.lossDelayUs(rtt)]).toEqual(before);
  });

  test('nobody is waited for longer than two round trips', () => {
    const rtt = settledRtt(80_000);
    const reordering = new Reordering();
    reordering.onArrivedBehind(1, 60_000_000, rtt);
    expect(reordering.lossDelayUs(rtt)).toBe(160_000);
  });

  test('an orderly path is waited for as usual again', () => {
    const rtt = settledRtt(40_000);
    const reordering = new Reordering();
    reordering.onArrivedBehind(30, 48_000, rtt);
    for (let episode = 0; episode < 15; episode++) reordering.onEpisode();
    expect(reordering.packetThreshold).toBeGreaterThan(30);
    // Seen again in time, it is remembered as long again.
    reordering.onArrivedBehind(29, 47_000, rtt);
    for (let episode = 0; episode < 15; episode++) reordering.onEpisode();
    expect(reordering.packetThreshold).toBeGreaterThan(30);
    reordering.onEpisode();
    expect([reordering.packetThreshold, reordering.lossDelayUs(rtt)]).toEqual([3, 45_000]);
  });
});
