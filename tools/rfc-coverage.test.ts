import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  claimFaults,
  coverageBySection,
  coveragePage,
  findClaims,
  type Requirement,
} from './rfc-coverage.ts';

const root = process.cwd();

const REQUIREMENTS: readonly Requirement[] = [
  { id: 'rfc9000-2.1-1', section: '2.1', level: 'MUST' },
  { id: 'rfc9000-2.1-2', section: '2.1', level: 'MUST' },
  { id: 'rfc9000-2.1-3', section: '2.1', level: 'MAY' },
  { id: 'rfc9002-7-1', section: '7', level: 'SHOULD' },
];

describe('requirements and the tests that name them', () => {
  test('sections count what is covered and name what is not', () => {
    const sections = coverageBySection(REQUIREMENTS, new Set(['rfc9000-2.1-1', 'rfc9002-7-1']));
    expect(sections).toEqual([
      { rfc: 'rfc9000', section: '2.1', musts: 2, uncovered: ['rfc9000-2.1-2'], others: 1, othersCovered: 0 },
      { rfc: 'rfc9002', section: '7', musts: 0, uncovered: [], others: 1, othersCovered: 1 },
    ]);
    const page = coveragePage(sections);
    expect(page).toContain('## RFC 9000: 1 of 2 MUSTs');
    expect(page).toContain('| 2.1 | 1/2 | 0/1 | 2 |');
  });

  test('a MUST that no test can show stands at the end of its RFC with the reason', () => {
    const reason = 'binds whoever writes extensions';
    const list: Requirement[] = [
      ...REQUIREMENTS,
      { id: 'rfc9000-19-1', section: '19', level: 'MUST', reason },
    ];
    const page = coveragePage(coverageBySection(list, new Set()), list);
    expect(page).toContain(`| rfc9000-19-1 | ${reason} |\n\n## RFC 9002`);
    expect(page.match(/no test can show/g)).toHaveLength(1);
  });

  test('a claim of what does not exist, of what has a reason, and a MUST with neither are faults', () => {
    const list: Requirement[] = [
      ...REQUIREMENTS,
      { id: 'rfc9000-19-1', section: '19', level: 'MUST', reason: 'binds others' },
    ];
    const claims = ['rfc9000-2.1-1', 'rfc9000-19-1', 'rfc9000-99-1'].map((id) => ({ id, at: 'a.test.ts:1' }));
    expect(claimFaults(list, claims)).toEqual([
      'a.test.ts:1 docs/rfc-coverage.json says why no test can show rfc9000-19-1',
      'a.test.ts:1 no such requirement: rfc9000-99-1',
      'rfc9000-2.1-2 has neither a test nor a reason for having none',
    ]);
  });

  test('there is none here; `pnpm check` looks as well', () => {
    const list = JSON.parse(readFileSync(join(root, 'docs/rfc-coverage.json'), 'utf8')) as Requirement[];
    expect(claimFaults(list, findClaims(root))).toEqual([]);
  });
});
