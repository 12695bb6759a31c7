import { expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { ADVERSARIES } from './adversaries.ts';
import { runAdversary } from './adversary-run.ts';
import type { AdversaryScenario } from './adversary-scenario.ts';
import { frame } from '@tsquic/adversary';

const options = {
  seed: 1,
  createCrypto: (random: (bytes: Uint8Array) => void) => createNodeProvider({ random }),
};

test('each adversary has a name of its own, and there are sixty at least', () => {
  const names = ADVERSARIES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(60);
});

// The others take longer; `pnpm attacks` goes through all of them, with what they cost.
const ending = ADVERSARIES.filter(({ limits }) => limits.code !== undefined);
test.each(ending.map((scenario) => [scenario.name, scenario] as const))(
  '%s ends with its error, and the witness notices nothing',
  (_name, scenario) => {
    expect(runAdversary(scenario, options).faults).toEqual([]);
  },
);

const UNKNOWN_FRAME: AdversaryScenario = {
  ...{ name: 'adversary-of-this-test', about: 'a frame that nobody defined', adversary: 'client' },
  ...{ rounds: 1, spacingUs: 1000 },
  attack: (adversary) => adversary.send(3, frame(0x21)),
  limits: { code: 0x07, bytesOutPerByteIn: 2, heldBytes: 1_000_000 },
};

test.each<[string, Partial<AdversaryScenario['limits']>, RegExp]>([
  ['another error', { code: 0x0a }, /ended by 7, not 10/],
  ['no error', { code: undefined } as object, /ended by 7, not nothing/],
  ['more bytes than allowed', { bytesOutPerByteIn: 0, bytesOutAtMost: 0 }, /bytes went out for/],
  ['more memory than allowed', { heldBytes: 1000 }, /2000 bytes are held, at most 1000/],
  ['more time than allowed', { worstMs: 1 }, /too slow: \d+\.0 ms at a time/],
])('%s is a fault', (_name, limits, fault) => {
  let held = 0;
  let ms = 0;
  const measured = { ...options, heldBytes: () => (held += 2000), computedMs: () => (ms += 2) };
  const scenario = { ...UNKNOWN_FRAME, limits: { ...UNKNOWN_FRAME.limits, ...limits } };
  expect(runAdversary(scenario, measured).faults).toEqual([expect.stringMatching(fault)]);
});
