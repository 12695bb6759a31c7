import { controllerByName } from '@tsquic/congestion';
import { runBulk, runFairness, runScenario, type ScenarioRunOptions, runSuspension } from '@tsquic/simulator';
import { type Stall, STALLS } from '../stalls.ts';

/** One line of the table. */
export interface StallVerdict {
  readonly name: string;
  /** What was measured, and what was asked for. */
  readonly figures: string;
  readonly passed: boolean;
}

/** Play one stall, by its place in the list. */
export function runStallJob(
  { index, seed }: { readonly index: number; readonly seed: number },
  surroundings: Omit<ScenarioRunOptions, 'seed'>,
): StallVerdict {
  const stall = STALLS[index]!;
  return { name: stall.name, ...judge(stall, { ...surroundings, seed }) };
}

type Judgement = Omit<StallVerdict, 'name'>;

function judge(stall: Stall, options: ScenarioRunOptions): Judgement {
  switch (stall.kind) {
    case 'bulk':
      return judgeBulk(stall, options);
    case 'pair':
      return judgePair(stall, options);
    case 'suspension':
      return judgeSuspension(stall, options);
    case 'scenario': {
      const { faults, tookUs } = runScenario(stall.scenario, options);
      const figures = `${seconds(tookUs)} of ${seconds(stall.scenario.ceilingUs)}`;
      return { figures: [figures, ...faults.slice(0, 1)].join(': '), passed: faults.length === 0 };
    }
  }
}

function judgeBulk(stall: Stall & { kind: 'bulk' }, { seed, createCrypto }: ScenarioRunOptions): Judgement {
  const { controller, options, shareAtLeast, spuriousAtMost = Infinity } = stall;
  const result = runBulk({ ...options, seed, createCrypto, congestion: controllerByName(controller) });
  const spuriousShare = result.late === 0 ? 0 : result.spurious / result.late;
  const ofLate = ` of ${result.late} late${spuriousAtMost < 1 ? ` (most ${percent(spuriousAtMost)})` : ''}`;
  return {
    figures: `${percent(result.share)} ≥ ${percent(shareAtLeast)}, lost ${result.lost}, in vain ${result.spurious}${result.late > 0 ? ofLate : ''}`,
    passed: result.share >= shareAtLeast && spuriousShare <= spuriousAtMost,
  };
}

function judgePair(stall: Stall & { kind: 'pair' }, { seed, createCrypto }: ScenarioRunOptions): Judgement {
  // Where two flows settle is a throw of dice: the mean of three is judged, as in `pnpm sim fairness`.
  const shares = [seed, seed + 1, seed + 2].map((one) => shareOfSecond(stall, one, createCrypto));
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return {
    figures: `the second ${percent(mean)} ≥ ${percent(stall.shareAtLeast)} (${shares.map(percent).join(', ')})`,
    passed: mean >= stall.shareAtLeast,
  };
}

function shareOfSecond(
  { controller, bottleneck }: Stall & { kind: 'pair' },
  seed: number,
  createCrypto: ScenarioRunOptions['createCrypto'],
): number {
  const congestion = controllerByName(controller);
  const { shares } = runFairness({
    seed,
    createCrypto,
    flows: [0, 1].map((index) => ({ name: `${index}`, congestion, startUs: index * 2_000_000 })),
    bottleneck,
    durationUs: 40_000_000,
    measureFromUs: 10_000_000,
  });
  return shares[1]!.bytesPerSecond / bottleneck.bytesPerSecond;
}

function judgeSuspension(
  stall: Stall & { kind: 'suspension' },
  { seed, createCrypto }: ScenarioRunOptions,
): Judgement {
  const { ended, resumedUs, repeatedUs } = runSuspension({ ...stall.options, seed, createCrypto });
  // What waits in the socket of who wakes is read before the time is looked at: then the peer, who has forgotten, says so.
  if (stall.ends === true) {
    const isOver = ended === 'idle-timeout' || ended === 'stateless-reset';
    return { figures: `ended: ${ended ?? 'no'}`, passed: isOver };
  }
  return {
    figures: `goes on after ${seconds(resumedUs)} ≤ ${seconds(RESUMED_US)}, a loss costs ${seconds(repeatedUs)} ≤ ${seconds(REPEATED_US)}`,
    passed: ended === undefined && resumedUs <= RESUMED_US && repeatedUs <= REPEATED_US,
  };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function seconds(us: number): string {
  return `${(us / 1e6).toFixed(2)} s`;
}

/** A probe, its answer, and a window that grows: a second is 25 round trips. */
const RESUMED_US = 1_000_000;
/** Ten round trips. */
const REPEATED_US = 400_000;
