import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ROWS } from '../src/index.ts';

interface Requirement {
  readonly id: string;
  readonly section: string;
  readonly level: string;
}

const requirements = JSON.parse(
  readFileSync(new URL('../../../docs/rfc-coverage.json', import.meta.url), 'utf8'),
) as readonly Requirement[];

test('the requirements that rows name exist, as MUST or SHOULD as the first is worded', () => {
  const faults = ROWS.flatMap(({ name, level, ids }) => {
    const found = ids.map((id) => requirements.find((one) => one.id === id));
    const missing = ids.filter((_, index) => found[index] === undefined);
    const isOther = found[0] !== undefined && found[0].level !== level;
    return [...missing.map((id) => `${name}: ${id}`), ...(isOther ? [`${name}: ${found[0]?.level}`] : [])];
  });
  expect(faults).toEqual([]);
});
