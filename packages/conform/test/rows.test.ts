import { afterAll, describe, expect, test } from '@jest/globals';
import { type Row, ROWS } from '../src/index.ts';
import { planFor } from './support/plan.ts';
import { ours } from './support/saboteurs.ts';
import { playRow, type Victim } from './support/stage.ts';

const passed = new Set<Row>();
const failed = new Set<Row>();

/** '' for the verdict that is wanted, or what else came of it. */
function otherThan(wanted: string, row: Row, victim: Victim): string {
  const { finding, packets } = playRow(row, victim);
  if (finding.verdict === wanted) return '';
  const ladder = packets.map(({ timeMs, kind, text }) => `${timeMs} ${kind} ${text}`);
  return [`${finding.verdict}: ${finding.came}`, ...ladder].join('\n');
}

const NAMED = ROWS.map((row) => [`${row.subject} ${row.name}`, row] as const);

describe('against our own contexts every row passes', () => {
  test.each(NAMED)('%s', (_, row) => {
    expect(otherThan('pass', row, ours(row))).toBe('');
    passed.add(row);
  });
});

describe('against a broken endpoint every row fails', () => {
  test.each(NAMED)('%s', (_, row) => {
    const plan = Object.entries(planFor(row));
    expect(plan.length).toBeGreaterThan(0);
    for (const [name, saboteur] of plan) {
      const other = otherThan('fail', row, saboteur(row));
      expect(other === '' ? '' : `${name}: ${other}`).toBe('');
    }
    failed.add(row);
  });
});

test('each row has a name of its own', () => {
  const names = NAMED.map(([name]) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

afterAll(() => {
  process.stdout.write(
    `${ROWS.length} rows, ${passed.size} pass on ours, ${failed.size} fail on the broken one\n`,
  );
});
