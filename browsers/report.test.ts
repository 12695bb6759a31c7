import { expect, test } from '@jest/globals';
import { type Cell, cellOf, type Report, reportJson, reportText } from './report.ts';

const passed = { outcome: 'passed', reason: '', milliseconds: 7, log: 'there' } as const;
const failed = { ...passed, outcome: 'failed', reason: 'no answer' } as const;
const unsupported = { ...passed, outcome: 'unsupported', reason: 'no word for it' } as const;
const absent: Cell = { ...cellOf('firefox', 'page', []), outcome: 'not installed' };

const report: Report = {
  browsers: [
    { name: 'chromium', version: '1.2', failure: '' },
    { name: 'firefox', version: '', failure: 'no apt-get' },
  ],
  cases: ['page', 'echo', 'post-stream'],
  repeat: 2,
  cells: [
    cellOf('chromium', 'page', [passed, { ...passed, milliseconds: 9 }]),
    cellOf('chromium', 'echo', [passed, failed]),
    cellOf('chromium', 'post-stream', [unsupported, unsupported]),
    absent,
  ],
};

test('the table, the reasons, the totals', () => {
  const text = reportText(report);
  const row = (name: string): string[] | undefined =>
    text
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.split(/ {2,}/);
  expect(row('case')).toEqual(['case', 'chromium 1.2', 'firefox']);
  expect(row('page')).toEqual(['page', 'passed, 9 ms', 'absent', 'a page comes over h3']);
  expect(row('echo')?.slice(0, 2)).toEqual(['echo', 'FAILED']);
  expect(row('post-stream')?.slice(0, 2)).toEqual(['post-stream', '-']);
  expect(text).toMatch(/^Each case 2 times; /);
  expect(text).toContain('\n  chromium, echo: 1 of 2 times: no answer  (there)\n');
  expect(text).toContain('\n  chromium, post-stream: no word for it\n');
  expect(text).toContain('\nfirefox is not installed: no apt-get\n');
  expect(text).toMatch(/\n1 passed, 1 failed, 1 unsupported, 1 not installed$/);
});

test('the same as JSON', () => {
  expect(JSON.parse(reportJson(report))).toMatchObject({
    repeat: 2,
    ...{ passed: 1, failed: 1, unsupported: 1, notInstalled: 1 },
    cells: [
      { browser: 'chromium', case: 'page', outcome: 'passed', milliseconds: [7, 9] },
      { case: 'echo', outcome: 'failed', reason: '1 of 2 times: no answer' },
      {},
      { browser: 'firefox', outcome: 'not installed' },
    ],
  });
});
