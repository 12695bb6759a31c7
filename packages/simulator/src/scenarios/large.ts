import type { Scenario } from '../scenario.ts';
import { MS, S } from './setting.ts';

/** 250 Mbit/s down, 3 Mbit/s up, a round-trip time of 600 ms. */
const SATELLITE = {
  link: { delayUs: 300 * MS },
  down: { bytesPerSecond: 31_250_000, queueBytes: 20_000_000 },
  up: { bytesPerSecond: 375_000, queueBytes: 500_000 },
  // Large from the start: what is measured is congestion control.
  client: {
    connectionWindowBytes: 64 << 20,
    maxConnectionWindowBytes: 64 << 20,
    streamWindowBytes: 64 << 20,
    maxStreamWindowBytes: 64 << 20,
  },
  exchanges: [{ requestBytes: 100, responseBytes: 100_000_000 }],
};

const GIGABIT = {
  link: { bytesPerSecond: 125_000_000, delayUs: 5 * MS, queueBytes: 1_250_000 },
  exchanges: [{ requestBytes: 100, responseBytes: 50_000_000 }],
};

/** Large transfers, each with the time it may take; too long for every run of the tests. */
export const LARGE_SCENARIOS: readonly Scenario[] = [
  {
    name: 'satellite-bbr',
    about: '100 MB over a satellite, BBR',
    ...SATELLITE,
    congestion: 'bbr',
    ceilingUs: 5500 * MS,
  },
  {
    name: 'satellite-cubic',
    about: '100 MB over a satellite, CUBIC',
    ...SATELLITE,
    congestion: 'cubic',
    ceilingUs: 6500 * MS,
  },
  {
    name: 'satellite-bbr-loss',
    about: '100 MB over a satellite, 1 % loss, BBR',
    ...SATELLITE,
    down: { ...SATELLITE.down, loss: { kind: 'random', rate: 0.01 } },
    congestion: 'bbr',
    ceilingUs: 8 * S,
  },
  {
    name: 'satellite-cubic-loss',
    about: '100 MB over a satellite, bursts of loss, CUBIC',
    ...SATELLITE,
    down: { ...SATELLITE.down, loss: { kind: 'periodic', period: 30_000, length: 10, first: 20_000 } },
    congestion: 'cubic',
    ceilingUs: 7500 * MS,
  },
  {
    name: 'satellite-bbr-jitter',
    about: '100 MB over a satellite with jitter, BBR',
    ...SATELLITE,
    link: { ...SATELLITE.link, jitter: { kind: 'normal', meanUs: 3 * MS, deviationUs: MS } },
    congestion: 'bbr',
    ceilingUs: 6700 * MS,
  },
  {
    name: 'gigabit-bbr',
    about: '50 MB at 1 Gbit/s, 10 ms, BBR',
    ...GIGABIT,
    congestion: 'bbr',
    ceilingUs: 1050 * MS,
  },
  {
    name: 'gigabit-cubic',
    about: '50 MB at 1 Gbit/s, 10 ms, CUBIC',
    ...GIGABIT,
    congestion: 'cubic',
    ceilingUs: 1050 * MS,
  },
  {
    name: 'hundred-megabit-bbr',
    about: '10 MB at 100 Mbit/s, 10 ms, BBR',
    link: { bytesPerSecond: 12_500_000, delayUs: 5 * MS, queueBytes: 125_000 },
    exchanges: [{ requestBytes: 100, responseBytes: 10_000_000 }],
    congestion: 'bbr',
    ceilingUs: 1050 * MS,
  },
];
