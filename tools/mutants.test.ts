import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { judgeClaims } from './mutants/claims.ts';
import { findStale, readEquivalents, reasonOf } from './mutants/equivalents.ts';
import { findMutants } from './mutants/mutant.ts';
import { takeCensus } from './mutants/population.ts';
import { runMutants, type Result } from './mutants/run.ts';
import { drawSample, shuffle } from './mutants/sample.ts';
import { weaveMutants } from './mutants/weave.ts';

const repository = process.cwd();

function mutationsOf(text: string): string[] {
  return findMutants(parse(text)).map(({ mutation }) => mutation);
}

function parse(text: string): ts.SourceFile {
  return ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
}

describe('what can be changed', () => {
  test.each([
    ['a = b && c;', ['b && c => b || c']],
    ['a = b <= c;', ['b <= c => b < c']],
    ['a = b !== c;', ['b !== c => b === c']],
    ['a = b - c;', ['b - c => b + c']],
    ["a = b + 'text';", []],
    ['a += b;', ['a += b => a -= b']],
    ['a = !b;', ['!b => b']],
    ['a++;', ['a++ => a--']],
    ['a = Math.min(b, c);', ['Math.min(b, c) => Math.max(b, c)']],
    ['a = 7;', ['7 => 6', '7 => 8']],
    ['a = 1_200;', ['1_200 => 1201', '1_200 => 2400']],
    ['a = 0;', ['0 => 1']],
    ['a = true;', ['true => false']],
    ['a.b(c);', ['drop a.b(c);']],
    ['if (a) b = c;', ['a => true', 'a => false']],
    ['while (a) b = c;', ['a => false']],
    ['a = b ? c : d;', ['b => true', 'b => false']],
    ['() => { if (a) { b = c; return; } d = e; }', ['a => true', 'a => false', 'drop return;']],
    ['throw new Error(`${a + b} is too much`);', []],
    ['type A = 5; interface B { c: 1 } export { d } from "./e.ts";', []],
    ['const a: 5 | 6 = b as 7;', []],
  ])('%s', (text, mutations) => {
    expect(mutationsOf(text)).toEqual(mutations);
  });

  test('mutants within one another are woven into one text, and one at a time lives', () => {
    const text = 'result = a + 1 < Math.min(b, 5) && !c;';
    const mutants = findMutants(parse(text));
    const numbered = mutants.map((mutant, number) => ({ mutant, number }));
    const woven = weaveMutants(text, numbered).replace(/^import .*?;/, '');
    const evaluate = (program: string, mutantsActive: number, values: readonly unknown[]): unknown =>
      // eslint-disable-next-line no-new-func, typescript/no-implied-eval
      new Function('mutantsActive', 'a', 'b', 'c', `let result; ${program} return result;`)(
        mutantsActive,
        ...values,
      );
    const inputs = [0, 3, 4, 5, 6].flatMap((a) => [false, true].map((c) => [a, 6, c]));
    const valuesOf = (program: string, active: number): unknown[] =>
      inputs.map((values) => evaluate(program, active, values));
    expect(valuesOf(woven, -1)).toEqual(valuesOf(text, -1));
    for (const { mutant, number } of numbered) {
      const { start, end, replacement } = mutant;
      const edited = text.slice(0, start) + replacement + text.slice(end);
      expect(valuesOf(woven, number)).toEqual(valuesOf(edited, -1));
    }
  });

  test('a seed draws the same sample again, and another seed another one', () => {
    const items = Array.from({ length: 1000 }, (_, i) => i);
    const drawn = drawSample(items, 30, 7);
    expect(new Set(drawn).size).toBe(30);
    expect(drawSample(items, 30, 7)).toEqual(drawn);
    expect(drawSample(items, 30, 8)).not.toEqual(drawn);
    expect(drawSample(items, 2000, 7)).toEqual(items);
  });

  test('they are tried in an order that the seed decides, whose beginning is a sample too', () => {
    const items = Array.from({ length: 1000 }, (_, i) => i);
    const order = shuffle(items, 7);
    expect([...order].sort((a, b) => a - b)).toEqual(items);
    expect(shuffle(items, 7)).toEqual(order);
    // The mean of 200 of them is 499.5, give or take 18.3: four times as much is allowed.
    const mean = order.slice(0, 200).reduce((sum, item) => sum + item, 0) / 200;
    expect(Math.abs(mean - 499.5)).toBeLessThan(4 * 18.3);
  });
});

const SOURCE = `const STEP = 3;
export function clamp(value: number, most: number): number {
  if (value > most) return most;
  return value;
}
export function countUp(to: number): number {
  let at = 0;
  while (at < to) at += STEP;
  return at;
}
export function unused(): boolean {
  return true;
}
`;

const TESTS = `import { expect, test } from '@jest/globals';
import { clamp, countUp } from './clamp.ts';
test.each([[1, 5, 1], [9, 5, 5]])('clamps %i to %i', (value, most, result) => {
  expect(clamp(value, most)).toBe(result);
});
test('counts', () => expect(countUp(7)).toBe(9));
`;

/** Two rules, one of which its test does not notice, and one that no code says it carries. */
const RULES = `/** At most five. RFC 9000 §4.1 */
export function bound(value: number): number {
  return value > 5 ? 5 : value;
}
export function sign(value: number): number {
  // Nothing is neither. RFC 9000 §4.2
  if (value === 0) return 0;
  // rfc9000-4.2-2
  return value > 0 ? 1 : -1;
}
`;

const RULE_TESTS = `import { describe, expect, test } from '@jest/globals';
import { covers } from '../../testing/src/covers.ts';
import { bound, sign } from './rules.ts';
test('is bound', () => {
  covers('rfc9000-4.1-1');
  expect(bound(9)).toBe(5);
});
describe('signs', () => {
  covers('rfc9000-4.3-1');
  test.each([[1, covers('rfc9000-4.2-2')], [2, '']])('of %i', (value) => expect(sign(value)).toBe(1));
  test('of nothing', () => {
    covers('rfc9000-4.2-1');
    expect(sign(0)).toBeLessThan(9);
  });
});
`;

describe('a small project', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'tsquic-mutants-'));
    put('packages/congestion/src/clamp.ts', SOURCE);
    put('packages/congestion/src/clamp.test.ts', TESTS);
    symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  function put(path: string, text: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }

  test('each mutant is killed, survives, never ends, is equivalent or is run by nobody', async () => {
    const population = takeCensus(root);
    const entry = {
      file: 'packages/congestion/src/clamp.ts',
      line: 'if (value > most) return most;',
      mutation: 'value > most => value >= most',
      reason: 'the same number is returned either way',
    };
    const said: string[] = [];
    const results = await runMutants(population, [...population.mutants.keys()], {
      root,
      folder: join(root, '.cache/mutants'),
      lanes: 2,
      equivalents: [entry],
      say: (line) => said.push(line),
      onResult: () => {},
    });
    const fates = new Map(results.map(({ mutant, fate }) => [mutant.mutation, fate]));
    expect(Object.fromEntries(fates)).toEqual({
      '3 => 2': 'killed',
      '3 => 4': 'killed',
      'value > most => value >= most': 'equivalent',
      'value > most => true': 'killed',
      'value > most => false': 'killed',
      '0 => 1': 'killed',
      'at < to => at <= to': 'survived',
      'at < to => false': 'killed',
      'at += STEP => at -= STEP': 'timed out',
      'true => false': 'unreached',
    } satisfies Record<string, Result['fate']>);
    expect(results.find(({ mutant }) => mutant.mutation === '3 => 2')?.by).toMatch(/clamp\.test\.ts counts$/);
    expect(said.at(-1)).toBe('3 tests surveyed');
  });

  test('no mutant is tried once the time is over', async () => {
    const population = takeCensus(root);
    const known: Result[] = [];
    const results = await runMutants(population, shuffle([...population.mutants.keys()], 1), {
      root,
      folder: join(root, '.cache/mutants'),
      lanes: 1,
      equivalents: [],
      say: () => {},
      onResult: (result) => void known.push(result),
      isOver: () => known.length === 3,
    });
    expect(results).toEqual(known);
    expect(results.map(({ mutant }) => mutant)).toEqual(shuffle(population.mutants, 1).slice(0, 3));
  });

  test('an id whose tests do not notice a change of the code that carries it is found', async () => {
    put('packages/testing/src/covers.ts', "export const covers = (...ids: string[]) => ids.join(' ');");
    put('packages/congestion/src/rules.ts', RULES);
    put('packages/congestion/src/rules.test.ts', RULE_TESTS);
    const population = takeCensus(root);
    const surroundings = {
      root,
      folder: join(root, '.cache/mutants'),
      lanes: 2,
      equivalents: [],
      say: () => {},
      onResult: () => {},
    };
    const choice = { count: 10, seed: 1, pattern: /^rfc/ };
    const claims = await judgeClaims(population, choice, surroundings, () => {});
    expect(Object.fromEntries(claims.map(({ id, fate }) => [id, fate]))).toEqual({
      'rfc9000-4.1-1': 'noticed',
      'rfc9000-4.2-1': 'unnoticed',
      'rfc9000-4.2-2': 'noticed',
      'rfc9000-4.3-1': 'unowned',
    });
  });

  test('an equivalent mutant whose line is gone is named', () => {
    const { mutants } = takeCensus(root);
    const [mutant] = mutants;
    const entry = { file: mutant!.file, line: mutant!.text, mutation: mutant!.mutation, reason: 'why' };
    expect(findStale([entry], mutants)).toEqual([]);
    expect(reasonOf([entry], mutant!)).toBe('why');
    const gone = { ...entry, line: 'const STEP = 4;' };
    expect(findStale([gone], mutants)).toEqual([gone]);
    expect(reasonOf([gone], mutant!)).toBeUndefined();
  });
});

test('every equivalent mutant of the table is a mutant of the sources, and has a reason', () => {
  const equivalents = readEquivalents(repository);
  expect(findStale(equivalents, takeCensus(repository).mutants)).toEqual([]);
  for (const { reason } of equivalents) expect(reason).toMatch(/\w+ \w+/);
});
