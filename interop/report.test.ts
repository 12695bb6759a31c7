import { describe, expect, test } from '@jest/globals';
import { CASES } from './cases/catalogue.ts';
import { goodputText } from './goodput-text.ts';
import { OTHERS, OURS } from './peers/catalogue.ts';
import { reportHtml } from './report-page.ts';
import { type Cell, type Report, reportJson, reportText } from './report.ts';
import { type Verdict, verdictOfAll } from './verdict.ts';

const failed: Verdict = { outcome: 'failed', complaints: ['<no file>', 'two handshakes'] };
const [peer, absent] = [OTHERS[0]!, OTHERS[1]!];
const cellOf = (testCase: string, verdict: Verdict): Cell => ({
  peer: peer.name,
  role: 'server',
  testCase,
  verdict,
  goodputs: [],
  seconds: 1,
  log: `interop/.run/now/${testCase}`,
});
const report: Report = {
  against: { peer: OURS, version: '1.0', failure: '' },
  peers: [
    { peer, version: '2.0', failure: '' },
    { peer: absent, version: '', failure: 'no compiler' },
  ],
  cases: CASES,
  seed: 7,
  judge: 'judged by <somebody>',
  cells: [
    cellOf('handshake', { outcome: 'passed' }),
    cellOf('transfer', failed),
    cellOf('ecn', { outcome: 'unsupported', reason: 'no word for it' }),
    { ...cellOf('handshake', { outcome: 'not installed', reason: 'no compiler' }), peer: absent.name },
  ],
};

describe('a report', () => {
  test('as text: the matrix, the reasons, the totals', () => {
    const text = reportText(report);
    const row = (name: string): string | undefined => text.split('\n').find((line) => line.startsWith(name));
    expect(row('handshake')?.split(/ +/)).toEqual(['handshake', 'passed', 'absent']);
    expect(row('transfer')?.split(/ +/)).toEqual(['transfer', 'FAILED']);
    expect(row('ecn')?.split(/ +/)).toEqual(['ecn', '-']);
    expect(text).toMatch(
      /^Against tsquic 1\.0; the role is the peer's; - is unsupported; judged by <somebody>\.\n/,
    );
    expect(text).toContain(
      'aioquic as server, transfer: <no file>; two handshakes  (interop/.run/now/transfer)',
    );
    expect(text).toMatch(/\n1 passed, 1 failed, 1 unsupported, 1 not installed$/);
  });

  test('as JSON', () => {
    expect(JSON.parse(reportJson(report))).toMatchObject({
      seed: 7,
      judge: 'judged by <somebody>',
      passed: 1,
      failed: 1,
      unsupported: 1,
      notInstalled: 1,
      cells: [
        { case: 'handshake', outcome: 'passed' },
        { complaints: ['<no file>', 'two handshakes'] },
        {},
        {},
      ],
    });
  });

  test('as a page: letters in the colour of their outcome, reasons without markup', () => {
    const page = reportHtml(report);
    expect(page).toContain('; seed 7; judged by &#60;somebody&#62;. <span');
    expect(page).toContain('<span class="passed" title="handshake">H</span>');
    expect(page).toContain(
      '<span class="failed" title="transfer: &#60;no file&#62;; two handshakes">DC</span>',
    );
    expect(page).toContain('<span class="unsupported" title="ecn: no word for it">E</span>');
    expect(page).toContain('<span class="absent" title="handshake: no compiler">H</span>');
  });
});

describe('a cell that is run more than once', () => {
  test('passes when it always does', () => {
    expect(verdictOfAll([{ outcome: 'passed' }, { outcome: 'passed' }])).toEqual({ outcome: 'passed' });
  });

  test('fails with how often it did, and the first reason', () => {
    expect(verdictOfAll([{ outcome: 'passed' }, failed, failed])).toEqual({
      outcome: 'failed',
      complaints: ['2 of 3 times', '<no file>', 'two handshakes'],
    });
    expect(verdictOfAll([failed])).toEqual(failed);
  });

  test('has the mean and the standard deviation of what was measured', () => {
    expect(goodputText([9000, 9200, 9400])).toBe('9200 ± 200 kbit/s');
    expect(goodputText([9000])).toBe('9000 ± 0 kbit/s');
  });
});
