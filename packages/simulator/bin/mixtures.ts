import type { ControllerName } from '@tsquic/congestion';
import type { LinkOptions } from '@tsquic/simulator';

/** Controllers that share a bottleneck, and what they must reach. */
export interface Mixture {
  readonly name: string;
  readonly controllers: readonly ControllerName[];
  /** Paths that the first of them has at once. Default 1. */
  readonly paths?: number;
  /** 40 ms from one end to the other and back. */
  readonly bottleneck: Partial<LinkOptions> & { readonly bytesPerSecond: number; readonly delayUs: number };
  readonly back?: Partial<LinkOptions>;
  readonly durationUs: number;
  /** Runs with seeds one after the other, whose mean is judged. Default 1. */
  readonly runs?: number;
  /** Jain's index. */
  readonly jainAtLeast: number;
  /** Share of the bottleneck in use. */
  readonly utilisationAtLeast: number;
  /** Time in the queue of all but one in a hundred datagrams, milliseconds. Default: whatever the queue holds. */
  readonly p99QueueMsAtMost?: number;
}

/** 50 Mbit/s and a queue of one and a half times what is under way, for a minute. */
const FIFTY = {
  bottleneck: { bytesPerSecond: 6_250_000, delayUs: 20_000, queueBytes: 375_000 },
  durationUs: 60_000_000,
  utilisationAtLeast: 0.9,
};
const TEN = {
  bottleneck: { bytesPerSecond: 1_250_000, delayUs: 20_000, queueBytes: 75_000 },
  durationUs: 30_000_000,
};

/** The index of two shares of which one is three times the other: controllers that react alike come closer. */
const THREE_TO_ONE = 0.8;
/** Likewise five times: one measures the rate of the path, the other fills its queue, and neither may starve. */
const FIVE_TO_ONE = 36 / 52;

/**
 * Flows in lockstep with a full queue find the same one of them at its tail again and again: what is measured then is the
 * clock. Acknowledgements that come at odd times break it. Even so a full queue hits now this flow, now that one, a
 * dozen times a minute: one run is a throw of dice.
 */
const TAIL_DROP = {
  bottleneck: FIFTY.bottleneck,
  back: { jitter: { kind: 'uniform', upToUs: 2000 } },
  runs: 3,
} as const;

/**
 * Each path has a controller of its own, and nothing couples them, so that a connection with two paths through one bottleneck takes
 * two shares, and up to three where a full queue hits one path at a time. The index of 3.6 times. draft-ietf-quic-multipath §5.3
 */
const TWO_PATHS_TO_ONE = 0.75;

/** All mixtures of `pnpm sim fairness`. */
export const MIXTURES: readonly Mixture[] = [
  ...twoAndFour('cubic', 'cubic', { ...TAIL_DROP, jainAtLeast: 0.9 }),
  ...twoAndFour('newreno', 'cubic', { ...TAIL_DROP, jainAtLeast: THREE_TO_ONE }),
  ...twoAndFour('bbr', 'cubic', { ...TAIL_DROP, jainAtLeast: FIVE_TO_ONE }),
  ...twoAndFour('prague', 'prague', {
    jainAtLeast: 0.9,
    p99QueueMsAtMost: 5,
    bottleneck: { ...FIFTY.bottleneck, queue: { kind: 'dual' } },
  }),
  ...(['cubic', 'newreno', 'bbr'] as const).map((name) => ({
    ...FIFTY,
    ...TAIL_DROP,
    name: `${name} on 2 paths, ${name}`,
    controllers: [name, name],
    paths: 2,
    jainAtLeast: TWO_PATHS_TO_ONE,
  })),
  {
    ...TEN,
    name: '2 × cubic, CoDel, 10 Mbit/s',
    controllers: ['cubic', 'cubic'],
    bottleneck: { ...TEN.bottleneck, queue: { kind: 'codel' } },
    jainAtLeast: 0.9,
    utilisationAtLeast: 0.8,
    p99QueueMsAtMost: 25,
  },
  {
    ...TEN,
    name: 'prague, cubic, dual queue, 10 Mbit/s',
    controllers: ['prague', 'cubic'],
    // A threshold below the time of two datagrams, 2.4 ms at this rate, would mark nearly everything (RFC 9332, appendix A).
    bottleneck: { ...TEN.bottleneck, queue: { kind: 'dual', stepUs: 2400 } },
    jainAtLeast: 0.9,
    utilisationAtLeast: 0.8,
  },
];

function twoAndFour(
  first: ControllerName,
  second: ControllerName,
  limits: Pick<Mixture, 'jainAtLeast'> & Partial<Mixture>,
): Mixture[] {
  const pair = [first, second];
  const flows = (each: number): string =>
    first === second ? `${2 * each} × ${first}` : `${each} × ${first}, ${each} × ${second}`;
  return [
    { ...FIFTY, ...limits, name: flows(1), controllers: pair },
    { ...FIFTY, ...limits, name: flows(2), controllers: [...pair, ...pair] },
  ];
}
