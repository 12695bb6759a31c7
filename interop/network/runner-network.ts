import { type LinkOptions, RUNNER_CASES, type RunnerCase, SIMPLE_P2P } from '@tsquic/simulator';
import { NEVER_REBOUND, type NetworkPlan, type Rebinding } from './plan.ts';

/** The runner's case with this name; throws where there is none, or none with a network. */
export function runnerCase(name: string): RunnerCase {
  const found = RUNNER_CASES.find((one): one is RunnerCase => one.name === name && 'checks' in one);
  if (found === undefined) throw new Error(`the runner has no network for a case ${name}`);
  return found;
}

/** The network of a case of the runner, which is that of the simulator. */
export function runnerNetwork({ link, up, nat, family }: RunnerCase, seed: number): NetworkPlan {
  const both: Partial<LinkOptions> = {
    ...SIMPLE_P2P,
    mtuBytes: family === 'ipv6' ? LINK_MTU - 48 : LINK_MTU - 28,
    ...link,
  };
  return { up: { ...both, ...up }, down: both, rebinding: rebindingOf(nat), seed };
}

/** Longest IP packet of the runner's links. */
const LINK_MTU = 1500;

function rebindingOf(nat: RunnerCase['nat']): Rebinding {
  if (nat === undefined) return NEVER_REBOUND;
  const [first, ...later] = nat.bindings;
  const movesAddress = later.some(({ address }) => address.ip !== first?.address.ip);
  return { timesUs: later.map(({ atUs }) => atUs), to: movesAddress ? 'address' : 'port' };
}
