import type { ControllerName } from '@tsquic/congestion';
import { type BulkOptions, regularPauses, type Scenario, type SuspensionOptions } from '@tsquic/simulator';

type Surroundings = 'seed' | 'createCrypto' | 'congestion';

/** Programs that stand still, and paths that look as if they did; with what must be reached all the same. */
export type Stall = { readonly name: string } & (
  | {
      /** A download: the share of the path that it uses. */
      readonly kind: 'bulk';
      readonly controller: ControllerName;
      readonly options: Omit<BulkOptions, Surroundings>;
      readonly shareAtLeast: number;
      /** Of the datagrams that came late, those declared lost. Default: any. */
      readonly spuriousAtMost?: number;
    }
  | {
      /** Two downloads, the second a while after the first: its share of the path. */
      readonly kind: 'pair';
      readonly controller: ControllerName;
      readonly bottleneck: {
        readonly bytesPerSecond: number;
        readonly delayUs: number;
      } & BulkOptions['down'];
      readonly shareAtLeast: number;
    }
  | {
      readonly kind: 'suspension';
      readonly options: Omit<SuspensionOptions, Surroundings>;
      /** The sleep outlasts the idle timeout; otherwise the connection goes on. */
      readonly ends?: boolean;
    }
  | {
      /** Complete by the ceiling of the scenario. */
      readonly kind: 'scenario';
      readonly scenario: Scenario;
    }
);

const MS = 1000;
const S = 1_000_000;
const HUNDRED_MEGABIT = 12_500_000;
const BOTH = ['cubic', 'bbr'] as const;
const ALL = ['newreno', 'cubic', 'bbr', 'prague'] as const;
const NEAR = { bytesPerSecond: HUNDRED_MEGABIT, rttUs: 40 * MS, durationUs: 4 * S };
const FAR = { bytesPerSecond: HUNDRED_MEGABIT, rttUs: 100 * MS, durationUs: 6 * S };

/** A loop that is entered every so many ms: what it must reach. */
const TURNS = [
  [4, 0.85],
  [10, 0.8],
  [16, 0.7],
  [30, 0.5],
] as const;

const JITTERS = [
  [1, 0.8],
  [3, 0.7],
  [10, 0.5],
] as const;

/** Datagrams that take another way: how many, how much longer it is. As much is asked as of jitter of that size. */
const DETOURS = [
  [0.02, 8, 0.5],
  [0.5, 3, 0.7],
  [0.5, 8, 0.5],
  [0.3, 30, 0.5],
] as const;

/** All of `pnpm sim stalls`. */
export const STALLS: readonly Stall[] = [
  ...busyLoops(),
  ...pausesAndTimers(),
  ...reordering(),
  ...late(),
  ...suspensions(),
  ...rebindings(),
];

function busyLoops(): Stall[] {
  return TURNS.flatMap(([ms, shareAtLeast]) => {
    const loop = { turnUs: ms * MS };
    const bulk = (controller: ControllerName, who: string, hosts: object): Stall => ({
      kind: 'bulk',
      name: `${controller}, turns of ${ms} ms, ${who}`,
      controller,
      options: { ...NEAR, ...hosts },
      shareAtLeast,
    });
    return [
      ...ALL.map((name) => bulk(name, 'sender', { serverLoop: loop })),
      ...BOTH.map((name) => bulk(name, 'receiver', { clientLoop: loop })),
      ...BOTH.map((name) => bulk(name, 'both', { serverLoop: loop, clientLoop: loop })),
    ];
  });
}

function pausesAndTimers(): Stall[] {
  const bulk = (name: string, hosts: object, shareAtLeast: number): Stall[] =>
    BOTH.map((controller) => ({
      kind: 'bulk',
      name: `${controller}, ${name}`,
      controller,
      options: { ...NEAR, ...hosts },
      shareAtLeast,
    }));
  const pauses = [50, 100, 200].flatMap((ms) => {
    const loop = { pauses: regularPauses(S, ms * MS, 20 * S) };
    // What is left of a second, less a fifth as elsewhere.
    const least = 0.8 * (1 - ms / 1000);
    return [
      ...bulk(`sender pauses ${ms} ms a second`, { serverLoop: loop }, least),
      ...bulk(`receiver pauses ${ms} ms a second`, { clientLoop: loop }, least),
    ];
  });
  const timers = (name: string, loop: object): Stall[] =>
    bulk(name, { serverLoop: loop, clientLoop: loop }, 0.8);
  return [
    ...pauses,
    ...timers('timers of 1 ms', { timerGrainUs: MS }),
    ...timers('timers of 15.6 ms', { timerGrainUs: 15_600 }),
    ...timers('timers 1 ms early', { timerEarlyUs: MS }),
  ];
}

function reordering(): Stall[] {
  const bulk = (name: string, down: BulkOptions['down'], up: BulkOptions['up'], least: number): Stall[] =>
    BOTH.map((controller) => ({
      kind: 'bulk',
      name: `${controller}, ${name}`,
      controller,
      options: { ...FAR, ...(down !== undefined && { down }), ...(up !== undefined && { up }) },
      shareAtLeast: least,
    }));
  return [
    ...JITTERS.flatMap(([ms, least]) => {
      const jitter = { jitter: { kind: 'uniform', upToUs: ms * MS }, overtaking: true } as const;
      return [
        ...bulk(`jitter of ${ms} ms`, jitter, undefined, least),
        ...bulk(`jitter of ${ms} ms both ways`, jitter, jitter, least),
      ];
    }),
    ...DETOURS.flatMap(([reordering, ms, least]) =>
      bulk(
        `${reordering * 100} % take ${ms} ms longer`,
        { reordering, reorderUs: ms * MS },
        undefined,
        least,
      ),
    ),
  ];
}

/** 16 Mbit/s and 40 ms, a datagram in fifty 8 ms late. */
function late(): Stall[] {
  const detour = { reordering: 0.02, reorderUs: 8 * MS };
  const path = { bytesPerSecond: 2_000_000, rttUs: 40 * MS, durationUs: 20 * S };
  return BOTH.flatMap((controller): Stall[] => [
    {
      kind: 'bulk',
      name: `${controller}, 2 % late by 8 ms`,
      controller,
      options: { ...path, down: detour },
      shareAtLeast: 0.8,
      spuriousAtMost: 0.1,
    },
    {
      kind: 'pair',
      name: `2 × ${controller}, 2 % late by 8 ms`,
      controller,
      bottleneck: { bytesPerSecond: 2_000_000, delayUs: 20 * MS, queueBytes: 80_000, ...detour },
      shareAtLeast: 0.4,
    },
  ]);
}

function suspensions(): Stall[] {
  const lengths = [
    ['3 s', 3 * S],
    ['25 s', 25 * S],
    ['10 min', 600 * S],
  ] as const;
  const goOn = lengths.flatMap(([length, sleepUs]) =>
    (['client', 'server'] as const).flatMap((sleeper) =>
      [true, false].map((keepsDatagrams): Stall => ({
        kind: 'suspension',
        name: `${sleeper} asleep for ${length}, ${keepsDatagrams ? 'datagrams wait' : 'datagrams lost'}`,
        options: { sleeper, sleepUs, keepsDatagrams },
      })),
    ),
  );
  const beyond = (['client', 'server'] as const).map((sleeper): Stall => ({
    kind: 'suspension',
    name: `${sleeper} asleep for 10 min, idle timeout 30 s`,
    options: { sleeper, sleepUs: 600 * S, keepsDatagrams: false, idleTimeoutMs: 30_000 },
    ends: true,
  }));
  return [...goOn, ...beyond];
}

/** The client's machine sleeps, and wakes behind another port or address. */
function rebindings(): Stall[] {
  const asleep = { fromUs: 500 * MS, untilUs: 10 * S };
  return [
    ['port', '192.0.2.1', 7001],
    ['address', '198.51.100.1', 7000],
  ].map(([what, ip, port]): Stall => ({
    kind: 'scenario',
    name: `rebound to another ${what} while asleep for 9.5 s`,
    scenario: {
      name: `stall-rebinding-${what}`,
      about: `the client sleeps during an upload and wakes behind another ${what}`,
      link: { bytesPerSecond: 1_250_000, delayUs: 25 * MS, queueBytes: 64_000 },
      down: { blackholes: [asleep] },
      nat: {
        bindings: [
          { atUs: 0, address: { ip: '192.0.2.1', port: 7000 } },
          { atUs: 5 * S, address: { ip: ip as string, port: port as number } },
        ],
      },
      clientLoop: { pauses: [asleep] },
      exchanges: [{ requestBytes: 1_000_000, responseBytes: 100_000 }],
      // What it takes awake, and as long again as the machine was given to begin with.
      ceilingUs: 13 * S,
    },
  }));
}
