import type { Scenario } from './scenario.ts';
import { ATTACKS } from './scenarios/attack.ts';
import { HANDSHAKES } from './scenarios/handshake.ts';
import { HOSTS } from './scenarios/host.ts';
import { IMPAIRMENTS } from './scenarios/impairment.ts';
import { LARGE_SCENARIOS, OUT_OF_REACH_SCENARIOS } from './scenarios/large.ts';
import { MULTIPATH_SCENARIOS } from './scenarios/multipath.ts';
import { PATHS } from './scenarios/path.ts';
import { TRANSFERS } from './scenarios/transfer.ts';

/** Every scenario that takes at most about a second of real time. */
export const SCENARIOS: readonly Scenario[] = [
  ...HANDSHAKES,
  ...TRANSFERS,
  ...IMPAIRMENTS,
  ...PATHS,
  ...HOSTS,
  ...ATTACKS,
];

/** The scenario with this name, large ones included; undefined when there is none. */
export function scenarioByName(name: string): Scenario | undefined {
  return [...SCENARIOS, ...MULTIPATH_SCENARIOS, ...LARGE_SCENARIOS, ...OUT_OF_REACH_SCENARIOS].find(
    (scenario) => scenario.name === name,
  );
}
