import { describe, expect, test } from '@jest/globals';
import { RUN_OPTIONS } from '../test/run-options.ts';
import { ADVERSARIES } from './adversaries.ts';
import { runAdversary } from './adversary-run.ts';
import { runScenario } from './scenario-run.ts';
import { SCENARIOS, scenarioByName } from './scenarios.ts';
import { MULTIPATH_SCENARIOS } from './scenarios/multipath.ts';
import { LARGE_SCENARIOS } from './scenarios/large.ts';

describe('adversaries, with a witness beside them and what they may cost', () => {
  test.each(ADVERSARIES.map((scenario) => [scenario.name, scenario] as const))(
    '%s (seed 1)',
    (_, scenario) => {
      const { createCrypto } = RUN_OPTIONS;
      expect(runAdversary(scenario, { createCrypto, seed: 1 }).faults).toEqual([]);
    },
  );

  test('one whose limits are broken fails', () => {
    const [scenario] = ADVERSARIES;
    const limits = { code: 7, bytesOutPerByteIn: 0, bytesOutAtMost: 0, heldBytes: 100 };
    let heldBytes = 0;
    const { faults } = runAdversary(
      { ...scenario!, limits },
      { createCrypto: RUN_OPTIONS.createCrypto, seed: 1, heldBytes: () => (heldBytes += 101) },
    );
    expect(faults).toEqual([
      'the connection ended by nothing, not 7',
      expect.stringMatching(/^\d+ bytes went out for \d+$/),
      '101 bytes are held, at most 100',
    ]);
  });
});

describe('scenarios, with every invariant watched and below their ceilings', () => {
  test.each([...SCENARIOS, ...MULTIPATH_SCENARIOS].map((scenario) => [scenario.name, scenario] as const))(
    '%s (seed 1)',
    (_, scenario) => {
      expect(runScenario(scenario, { ...RUN_OPTIONS, seed: 1 }).faults).toEqual([]);
    },
  );

  test('names are unique and can be found', () => {
    const all = [...SCENARIOS, ...MULTIPATH_SCENARIOS, ...LARGE_SCENARIOS];
    const names = [...all, ...ADVERSARIES].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const scenario of all) expect(scenarioByName(scenario.name)).toBe(scenario);
    expect(scenarioByName('nothing')).toBeUndefined();
  });
});
