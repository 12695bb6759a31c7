import type { LinkOptions } from '../link.ts';
import type { Exchange, Scenario } from '../scenario.ts';
import { ceilingOf } from './model.ts';
import { MS, S } from './setting.ts';

/**
 * Windows that hold the data of a satellite path, and the data that waits for a packet that is lost twice.
 */
const WIDE_WINDOWS = { maxConnectionWindowBytes: 128 << 20, maxStreamWindowBytes: 128 << 20 };

/** The same for the sender, which keeps data until it is acknowledged. */
const WIDE_SENDER = { maxCongestionWindowBytes: 128 << 20, maxSendBufferBytes: 128 << 20 };

/**
 * The tests that the ceilings come from count the payload of UDP, and these links its headers too: 28 bytes
 * for 1452 in a full datagram.
 */
const WITH_HEADERS = 1480 / 1452;

/** 250 Mbit/s, and a queue of one round trip of 600 ms. */
const FORWARD: Partial<LinkOptions> = { bytesPerSecond: 31_250_000 * WITH_HEADERS, queueBytes: 19_111_570 };

/** 3 Mbit/s, and a queue as long. */
const RETURN: Partial<LinkOptions> = { bytesPerSecond: 375_000 * WITH_HEADERS, queueBytes: 229_338 };

/** One packet in 64, each way. */
const EVERY_64TH: Partial<LinkOptions> = { loss: { kind: 'periodic', period: 64, length: 1, first: 28 } };

/** The sender is at the fast end, and begins when the handshake is complete. */
const SATELLITE = {
  link: { delayUs: 300 * MS },
  up: FORWARD,
  down: RETURN,
  client: WIDE_SENDER,
  server: {
    ...WIDE_WINDOWS,
    // The start of congestion control is measured, and flow control must not limit it.
    connectionWindowBytes: 64 << 20,
    streamWindowBytes: 64 << 20,
  },
  exchanges: [{ requestBytes: 100_000_000, responseBytes: -1 }] as readonly Exchange[],
};

const GIGABIT = {
  link: { bytesPerSecond: 125_000_000 * WITH_HEADERS, delayUs: 5 * MS, queueBytes: 1_274_104 },
  exchanges: [{ requestBytes: 100, responseBytes: 50_000_000 }] as readonly Exchange[],
};

const HUNDRED_MEGABIT = {
  link: { bytesPerSecond: 12_500_000 * WITH_HEADERS, delayUs: 5 * MS, queueBytes: 127_410 },
  exchanges: [{ requestBytes: 100, responseBytes: 10_000_000 }] as readonly Exchange[],
};

/** Ten packets in a row are lost out of every 30 000, which is every second round trip. */
const BURSTS: Partial<LinkOptions> = {
  loss: { kind: 'periodic', period: 30_000, length: 10, first: 20_000 },
};

/** Transfers whose ceilings come from picoquic's tests of the same paths. */
export const CONFORMANCE_SCENARIOS: readonly Scenario[] = [
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
    about: '100 MB over a satellite that loses one packet in 64 each way, BBR',
    ...SATELLITE,
    up: { ...FORWARD, ...EVERY_64TH },
    down: { ...RETURN, ...EVERY_64TH },
    congestion: 'bbr',
    ceilingUs: 8 * S,
  },
  {
    name: 'satellite-cubic-bursts',
    about: '100 MB over a satellite that loses ten packets every other round trip, CUBIC',
    ...SATELLITE,
    up: { ...FORWARD, ...BURSTS },
    congestion: 'cubic',
    ceilingUs: 7500 * MS,
  },
  {
    name: 'satellite-bbr-jitter',
    about: '100 MB over a satellite with jitter, BBR',
    ...SATELLITE,
    link: { ...SATELLITE.link, jitter: { kind: 'normal', meanUs: 3 * MS, deviationUs: 3 * MS } },
    congestion: 'bbr',
    ceilingUs: 6700 * MS,
  },
  {
    name: 'gigabit-bbr',
    about: '50 MB at 1 Gbit/s, 10 ms, BBR',
    ...GIGABIT,
    congestion: 'bbr',
    // 50 MB are 0.41 s of the link, after two round trips and seven of slow start; picoquic's own file takes 1.05 s.
    ceilingUs: ceilingOf(500 * MS),
  },
  {
    name: 'hundred-megabit-bbr',
    about: '10 MB at 100 Mbit/s, 10 ms, BBR',
    ...HUNDRED_MEGABIT,
    congestion: 'bbr',
    ceilingUs: 1050 * MS,
  },
];

/**
 * A ceiling that no controller meets by its RFC. CUBIC reduces its window in every round trip with a loss
 * (RFC 9438 §4.6), and a window of 13,000 packets loses 200 of them: it settles at 21 packets. The ceiling
 * comes from a CUBIC that ignores isolated losses.
 */
export const OUT_OF_REACH_SCENARIOS: readonly Scenario[] = [
  {
    name: 'satellite-cubic-loss',
    about: '100 MB over a satellite that loses one packet in 64 each way, CUBIC: out of reach under RFC 9438',
    ...SATELLITE,
    up: { ...FORWARD, ...EVERY_64TH },
    down: { ...RETURN, ...EVERY_64TH },
    congestion: 'cubic',
    ceilingUs: 7500 * MS,
  },
];

/** The same paths with every controller. The ceilings are the actual times and about 15 % more. */
const OUR_SCENARIOS: readonly Scenario[] = [
  {
    name: 'satellite-download',
    about: '100 MB down from a satellite into windows that begin small and grow, ceiling ours',
    link: SATELLITE.link,
    down: FORWARD,
    up: RETURN,
    client: WIDE_WINDOWS,
    exchanges: [{ requestBytes: 100, responseBytes: 100_000_000 }],
    ceilingUs: 7200 * MS,
  },
  ...satellites('newreno', 7300, 8500),
  ...satellites('prague', 8300, 9600),
  ...satellites('careful-resume', 5700, 6100),
  ...terrestrials('newreno', 570, 1000),
  ...terrestrials('cubic', 560, 1000),
  ...terrestrials('prague', 590, 1010),
];

function satellites(congestion: string, cleanMs: number, burstsMs: number): Scenario[] {
  const name = `satellite-${congestion}`;
  return [
    {
      name,
      about: `100 MB over a satellite, ${congestion}, ceiling ours`,
      ...SATELLITE,
      congestion,
      ceilingUs: cleanMs * MS,
    },
    {
      name: `${name}-bursts`,
      about: `100 MB over a satellite that loses ten packets every other round trip, ${congestion}, ceiling ours`,
      ...SATELLITE,
      up: { ...FORWARD, ...BURSTS },
      congestion,
      ceilingUs: burstsMs * MS,
    },
  ];
}

function terrestrials(congestion: string, gigabitMs: number, hundredMs: number): Scenario[] {
  return [
    {
      name: `gigabit-${congestion}`,
      about: `50 MB at 1 Gbit/s, 10 ms, ${congestion}, ceiling ours`,
      ...GIGABIT,
      congestion,
      ceilingUs: gigabitMs * MS,
    },
    {
      name: `hundred-megabit-${congestion}`,
      about: `10 MB at 100 Mbit/s, 10 ms, ${congestion}, ceiling ours`,
      ...HUNDRED_MEGABIT,
      congestion,
      ceilingUs: hundredMs * MS,
    },
  ];
}

/** Large transfers, each with the time that it may take; they take too long for every run of the tests. */
export const LARGE_SCENARIOS: readonly Scenario[] = [...CONFORMANCE_SCENARIOS, ...OUR_SCENARIOS];
