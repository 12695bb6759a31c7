import { describe, expect, test } from '@jest/globals';
import { RUN_OPTIONS } from '../test/run-options.ts';
import { runScenario } from './scenario-run.ts';
import { SCENARIOS, scenarioByName } from './scenarios.ts';
import { LARGE_SCENARIOS } from './scenarios/large.ts';

describe('scenarios, with every invariant watched and below their ceilings', () => {
  test.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))('%s (seed 1)', (_, scenario) => {
    expect(runScenario(scenario, { ...RUN_OPTIONS, seed: 1 }).faults).toEqual([]);
  });

  test('names are unique and can be found', () => {
    const all = [...SCENARIOS, ...LARGE_SCENARIOS];
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    for (const scenario of all) expect(scenarioByName(scenario.name)).toBe(scenario);
    expect(scenarioByName('nothing')).toBeUndefined();
  });
});
