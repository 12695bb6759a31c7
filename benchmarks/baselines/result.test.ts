import { expect, test } from '@jest/globals';
import { figuresOf, type Result, tableOf } from './result.ts';
import { pageOf } from './page.ts';
import type { Trial } from './trial.ts';
import { worksOf } from './works.ts';

const [download] = worksOf(1).filter(({ name }) => name === 'download');
const [idle] = worksOf(1).filter(({ name }) => name === 'idle');

/** 100 MB in so many seconds, at 300 ms of processor time. */
function trial(seconds: number): Trial {
  const memory = { clientRssBytes: 51_200_000, serverRssBytes: 51_200_000 };
  return { seconds, done: 100e6, clientCpuMs: 100 * seconds, serverCpuMs: 200 * seconds, ...memory };
}

function result(stack: string, seconds: readonly number[]): Result {
  return { stack, work: 'download', trials: seconds.map(trial), failure: '' };
}

test('rates are medians, and processor time is that of the median for each MB', () => {
  expect(figuresOf(result('a', [4, 1, 2]), download!)).toEqual({
    median: 400,
    minimum: 200,
    maximum: 800,
    cpuMs: 6,
    clientCpuMs: 2,
    serverCpuMs: 4,
    kibEach: 0.001,
  });
});

test('memory is that of each connection', () => {
  const held = { ...result('a', [1]), work: 'idle', trials: [{ ...trial(1), done: 500 }] };
  expect(figuresOf(held, idle!).kibEach).toBe(200);
});

test('ratios are to the first stack with figures; one without any keeps its row', () => {
  const missing: Result = { stack: 'none', work: 'download', trials: [], failure: 'it ended' };
  const rows = tableOf(download!, [missing, result('slow', [2]), result('quick', [1])]);
  expect(rows.map((row) => [row[0], row[1], row[4]])).toEqual([
    ['download', 'Mbit/s', 'ratio'],
    ['none', '-', '-'],
    ['slow', '400', '1.00'],
    ['quick', '800', '2.00'],
  ]);
});

test('the page has a bar for each stack, and text of stacks cannot become markup', () => {
  const page = pageOf({
    machine: '2 × <b>',
    date: '2026-01-01',
    rounds: 3,
    versions: { a: '1' },
    works: [download!],
    results: [result('tsquic', [1, 2, 4]), { ...result('b', []), failure: '<script>' }],
  });
  expect(page.match(/<rect/g)).toHaveLength(2);
  expect(page).toContain('2 × &#60;b&#62;');
  expect(page).toContain('b: &#60;script&#62;');
});
