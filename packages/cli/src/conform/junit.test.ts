import { expect, test } from '@jest/globals';
import { rowsFor } from '@tsquic/conform';
import { junitText } from './junit.ts';
import { failureLines, resultLine, summaryText } from './report.ts';
import type { RowResult } from './result.ts';

const [row] = rowsFor('server', 'unknown-frame');
const packets = [{ timeMs: 1.5, kind: 'sent' as const, text: '1rtt 2  PING <&"\u0007' }];
const result = (verdict: RowResult['finding']['verdict'], came: string): RowResult => ({
  row: row!,
  finding: { verdict, came },
  packets,
  seconds: 0.25,
});
const results = [
  result('pass', 'it closed'),
  result('fail', 'a <"reason"> & a\u001bbell'),
  result('cannot tell', 'nothing came'),
];

test('JUnit has a failure with its packets, and skips what cannot be told', () => {
  const text = junitText(results, 'a < b');
  expect(text).toContain(
    '<testsuite name="a &lt; b" tests="3" failures="1" errors="0" skipped="1" time="0.750">',
  );
  expect(text).toContain(
    '<failure message="a &lt;&quot;reason&quot;&gt; &amp; a?bell">'.replace('&gt;', '>'),
  );
  expect(text).toContain('1rtt 2  PING &lt;&amp;&quot;?');
  expect(text).toContain('<skipped message="nothing came"/>');
  expect(text.split('\n').slice(2, 3)).toEqual([
    '  <testcase classname="server.RFC 9000 §12.4" name="unknown-frame" time="0.250"/>',
  ]);
});

test('a terminal gets a line a row, and no control characters of the peer', () => {
  expect(resultLine(results[1]!)).toBe('✗ unknown-frame  RFC 9000 §12.4  a <"reason"> & a bell');
  const lines = failureLines(results[1]!, 60);
  expect(lines[1]).toBe('✗ unknown-frame: RFC 9000 §12.4, rfc9000-12.4-4 (MUST)');
  expect(lines.at(-1)).toMatch(/^ {5}1\.500 {2}─ 1rtt 2 {2}PING <&"\? ─+▶$/);
  expect(summaryText(results, 2)).toBe('3 rows: 1 pass, 1 fail, 1 cannot tell (2.0 s)');
});
