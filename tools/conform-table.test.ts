import { expect, test } from '@jest/globals';
import { type ConformReport, conformTable } from './conform-table.ts';

const report = (...verdicts: readonly string[]): ConformReport => ({
  counts: {
    pass: verdicts.filter((one) => one === 'pass').length,
    fail: verdicts.filter((one) => one === 'fail').length,
    cannotTell: verdicts.filter((one) => one === 'cannot tell').length,
  },
  rows: verdicts.map((verdict, index) => ({
    name: `row-${index}`,
    section: 'RFC 9000 §1',
    level: 'MUST',
    verdict,
  })),
});

test('rows that all pass are counted, the others have a mark for each peer', () => {
  const reports = new Map([
    ['a', report('pass', 'pass', 'cannot tell')],
    ['b', report('pass', 'fail', 'pass')],
  ]);
  expect(conformTable(reports)).toEqual([
    '| row | section |  | a | b |',
    '|---|---|---|---|---|',
    '| `row-1` | RFC 9000 §1 | MUST | ✓ | ✗ |',
    '| `row-2` | RFC 9000 §1 | MUST | ? | ✓ |',
    '| 1 other rows |  |  | ✓ | ✓ |',
    '| pass / fail / cannot tell |  |  | 2 / 0 / 1 | 2 / 1 / 0 |',
  ]);
});
