import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import { afterAll, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PROVIDERS } from './providers.ts';

/** A case: bytes in hexadecimal, by the names of its schema. */
export interface Case {
  readonly tcId: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly [field: string]: unknown;
}

/** What the cases of a group share. */
export interface Group {
  readonly tests: readonly Case[];
  readonly [field: string]: unknown;
}

/** A case judged: whether the provider accepted it, or that it does not apply here. */
export type Verdict = 'accepted' | 'refused' | 'not applicable';

/** Judges one case. */
export type Judge = (
  createProvider: (random: RandomSource) => CryptoProvider,
  group: Group,
  testCase: Case,
) => Verdict;

/**
 * Runs every case of one file over every provider. `acceptable` cases must come out as `acceptsAcceptable` says,
 * and identically for all providers.
 */
export function runWycheproof(
  file: string,
  judge: Judge,
  acceptsAcceptable: (testCase: Case) => boolean,
): void {
  const path = fileURLToPath(new URL(`../../../../shared/vectors/wycheproof/${file}`, import.meta.url));
  if (!existsSync(path)) {
    test.skip(`${file}: not there`, () => expect(existsSync(path)).toBe(true));
    return;
  }
  const { testGroups } = JSON.parse(readFileSync(path, 'utf8')) as { testGroups: readonly Group[] };
  describe(file, () => {
    const lines: string[] = [];
    afterAll(() => console.log(lines.join('\n')));
    for (const [name, createProvider] of PROVIDERS) {
      test(
        name,
        () => {
          const wrong: string[] = [];
          let ran = 0;
          let notApplicable = 0;
          for (const group of testGroups) {
            for (const testCase of group.tests) {
              const verdict = judge(createProvider, group, testCase);
              if (verdict === 'not applicable') notApplicable++;
              else ran++;
              const expected =
                testCase.result === 'valid' ||
                (testCase.result === 'acceptable' && acceptsAcceptable(testCase));
              if (verdict !== 'not applicable' && (verdict === 'accepted') !== expected) {
                wrong.push(`${testCase.tcId} (${testCase.comment}; ${testCase.flags.join()}): ${verdict}`);
              }
            }
          }
          lines.push(`wycheproof ${file} ${name}: ${ran} cases run, ${notApplicable} not applicable`);
          expect(wrong).toEqual([]);
          expect(ran).toBeGreaterThan(0);
        },
        120_000,
      );
    }
  });
}

/** A random source for cases that bring their own keys. */
export const noRandom: RandomSource = () => {
  throw new Error('no randomness expected here');
};

/** A source that yields exactly `bytes`. */
export function fixedRandom(bytes: Uint8Array): RandomSource {
  return (out) => {
    if (out.length !== bytes.length) throw new Error(`asked for ${out.length} bytes, not ${bytes.length}`);
    out.set(bytes);
  };
}
