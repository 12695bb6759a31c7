import type { ControllerName } from '@tsquic/congestion';
import { type LinkOptions, type LoopOptions, regularPauses } from '@tsquic/simulator';

/** Downloads over one path, and what they must reach. */
export interface Trial {
  readonly name: string;
  readonly controllers: readonly ControllerName[];
  /** Mbit/s, with headers. */
  readonly megabits: number;
  /** One way, ms. */
  readonly delayMs: number;
  /** On top of that, servers to clients. */
  readonly down?: Partial<LinkOptions>;
  /** Clients to servers. */
  readonly up?: Partial<LinkOptions>;
  /** Extra delay of each flow, each way. */
  readonly accessDelaysMs?: readonly number[];
  readonly clientLoop?: LoopOptions;
  readonly serverLoop?: LoopOptions;
  /** What is measured is a transfer of so many bytes, handshake included, and not a span of time. */
  readonly transferBytes?: number;
  readonly fromS: number;
  readonly untilS: number;
  readonly seeds: number;
  /** Of all flows together, between those times: Mbit/s with headers. */
  readonly atLeast: number;
  /** Every seed must reach it, not the median of all. Default false. */
  readonly every?: boolean;
  /** Jain's index, as a median. */
  readonly jainAtLeast?: number;
  /** Time in the queue of all but one in a hundred datagrams, ms, as a median. */
  readonly queueMsAtMost?: number;
  /** Where the limits come from. */
  readonly source: string;
}

/** Families of `pnpm sim`. */
export const TRIALS: Readonly<Record<'recovery' | 'asymmetry' | 'worlds', readonly Trial[]>> = {
  recovery: [
    burst('bbr', 43, 50, 'picoquic’s BBR; every seed'),
    burst('newreno', 43, 6, 'a packet each round trip for 2 s is more than the path holds: RFC 9002 §7.3.3'),
    burst('cubic', 30, 6, '0.53 packets each round trip for 2 to 3 s, from the least window: RFC 9438 §4.3'),
    burst('prague', 30, 6, '0.64 packets each round trip for 2 to 3 s: RFC 9331 §4.3'),
    randomLoss('bbr', 0.02, 28, 'picoquic’s BBR makes 29 to 32'),
    randomLoss('bbr', 0.1, 10, 'picoquic’s BBR makes 12 to 21'),
    // Mathis: 1.22 packets over the root of the loss each round trip, 5.0 and 2.2 Mbit/s.
    ...(['newreno', 'cubic'] as const).flatMap((controller) => [
      randomLoss(controller, 0.02, 2.5, 'half of what Mathis has for Reno'),
      randomLoss(controller, 0.1, 1.1, 'half of what Mathis has for Reno'),
    ]),
    // Its window grows by 0.64 packets each round trip of 20 ms: the root of that is 0.8.
    randomLoss('prague', 0.02, 2, 'four fifths of that: RFC 9331 §4.3'),
    randomLoss('prague', 0.1, 0.88, 'four fifths of that: RFC 9331 §4.3'),
  ],
  asymmetry: (['cubic', 'bbr'] as const).flatMap((controller) =>
    [10, 20].flatMap((delayMs) => [
      thinUplink(controller, delayMs, 0.3, 35),
      thinUplink(controller, delayMs, 1, 47),
    ]),
  ),
  worlds: [
    ...both(
      'RTT 40, 200, 40 ms',
      14,
      'what fills 40 ms and its queue carries 8 Mbit/s over 200 ms: 15.6 on the whole, by RFC 9438 §4.2 and by the ten seconds for which BBR believes a least RTT; less a round trip for each change',
      {
        megabits: 20,
        delayMs: 20,
        down: { delayUs: handover() },
        up: { delayUs: handover() },
        fromS: 1,
        untilS: 12,
      },
    ),
    ...both(
      'policer of 10 Mbit/s',
      7.5,
      'without a queue CUBIC’s mean is (1 + β) / 2 of the rate: RFC 9438 §4.3',
      {
        megabits: 100,
        delayMs: 20,
        down: { policer: { bytesPerSecond: 1_250_000, burstBytes: 62_500 } },
        fromS: 2,
        untilS: 12,
      },
    ),
    ...both('batches: the client runs every 8 ms', 40, 'four fifths of the link', {
      clientLoop: { turnUs: 8000 },
    }),
    ...both('timers of the server fire at multiples of 16 ms', 35, 'seven tenths of the link', {
      serverLoop: { timerGrainUs: 16_000 },
    }),
    ...both('garbage is collected for 50 ms each second, on both sides', 40, 'four fifths of the link', {
      clientLoop: { pauses: regularPauses(1_000_000, 50_000, 20_000_000) },
      serverLoop: { pauses: regularPauses(1_300_000, 50_000, 20_000_000) },
    }),
    ...both('one in 1000 starts a run of ten that come 4 ms late', 25, 'half of the link, as for jitter', {
      down: { reordering: 0.001, reorderUs: 4000, reorderRun: 10 },
    }),
    {
      ...fifty(),
      name: 'unequal round trips, 40 and 120 ms: 2 × cubic',
      controllers: ['cubic', 'cubic'],
      accessDelaysMs: [0, 40],
      fromS: 5,
      untilS: 25,
      seeds: 3,
      atLeast: 45,
      jainAtLeast: 0.8,
      source: 'shares as 3 to 1, the inverse of the round trips: RFC 9438 §5.1 asks for no worse than Reno',
    },
    {
      ...deep(),
      name: 'deep buffer of 800 ms: bbr against cubic',
      controllers: ['bbr', 'cubic'],
      fromS: 5,
      untilS: 25,
      seeds: 3,
      atLeast: 9.5,
      jainAtLeast: 0.55,
      source: 'a model that holds two bandwidth-delay products gets a tenth of a queue of twenty',
    },
    {
      ...deep(),
      name: 'deep buffer of 800 ms: bbr alone',
      controllers: ['bbr'],
      fromS: 2,
      untilS: 12,
      seeds: 3,
      atLeast: 9,
      queueMsAtMost: 60,
      source:
        'two bandwidth-delay products in flight leave one of them, 40 ms, in the queue, and half more to probe',
    },
    {
      ...deep(),
      name: 'deep buffer of 800 ms: slow start of cubic',
      controllers: ['cubic'],
      fromS: 0,
      untilS: 3,
      seeds: 3,
      atLeast: 8,
      queueMsAtMost: 450,
      source:
        'slow start ends by delay, five rounds that grow by a quarter make three windows: RFC 9406 §4.2',
    },
  ],
};

/** 50 Mbit/s, 20 ms, and bursts of loss from second 1 to 5; two seconds later the rate is back. */
function burst(controller: ControllerName, atLeast: number, seeds: number, source: string): Trial {
  return {
    name: `${controller} after 4 s of loss bursts`,
    controllers: [controller],
    megabits: 50,
    delayMs: 10,
    down: {
      loss: { kind: 'bursts', toBad: 0.002, toGood: 0.1 },
      lossDuring: [{ fromUs: 1_000_000, untilUs: 5_000_000 }],
    },
    fromS: 7,
    untilS: 8,
    seeds,
    atLeast,
    every: controller === 'bbr',
    source,
  };
}

/** 2 MB over 50 Mbit/s and 20 ms with this loss each way. */
function randomLoss(controller: ControllerName, rate: number, atLeast: number, source: string): Trial {
  const loss = { kind: 'random', rate } as const;
  return {
    name: `${controller}, 2 MB, ${rate * 100} % lost each way`,
    controllers: [controller],
    megabits: 50,
    delayMs: 10,
    down: { loss },
    up: { loss },
    transferBytes: 2_000_000,
    fromS: 0,
    untilS: 60,
    seeds: 20,
    atLeast,
    source,
  };
}

function thinUplink(controller: ControllerName, delayMs: number, upMegabits: number, atLeast: number): Trial {
  return {
    name: `${controller}, ${2 * delayMs} ms, ${upMegabits} Mbit/s up`,
    controllers: [controller],
    megabits: 50,
    delayMs,
    up: { bytesPerSecond: upMegabits * 125_000 },
    fromS: 4,
    untilS: 10,
    seeds: 1,
    atLeast,
    source: 'seven tenths and all but headers of the link',
  };
}

function both(name: string, atLeast: number, source: string, more: Partial<Trial>): Trial[] {
  return (['cubic', 'bbr'] as const).map((controller) => ({
    ...fifty(),
    fromS: 2,
    untilS: 8,
    seeds: 1,
    atLeast,
    source,
    ...more,
    name: `${name}: ${controller}`,
    controllers: [controller],
  }));
}

function fifty(): { readonly megabits: number; readonly delayMs: number } {
  return { megabits: 50, delayMs: 20 };
}

function deep(): Pick<Trial, 'megabits' | 'delayMs' | 'down'> {
  return { megabits: 10, delayMs: 20, down: { queueBytes: 1_000_000 } };
}

function handover(): Extract<NonNullable<LinkOptions['delayUs']>, object> {
  return {
    steps: [
      { atUs: 0, delayUs: 20_000 },
      { atUs: 4_000_000, delayUs: 100_000 },
      { atUs: 8_000_000, delayUs: 20_000 },
    ],
  };
}
