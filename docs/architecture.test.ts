import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { bareSections, drawRuleIndex, indexOf, readRuleIndex, withRuleIndex } from '../tools/rule-index.ts';

const root = process.cwd();
const core = join(root, 'packages/quic-core/src');
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');

test('where a rule lives is as the comments say; `pnpm rule-index --write` renews the page', () => {
  expect(page).toBe(withRuleIndex(page, drawRuleIndex(readRuleIndex(root))));
});

test('no section of the core stands without its RFC', () => {
  expect(bareSections(root)).toEqual([]);
});

test('a section leads to those who cite it, the most faithful first, also across lines', () => {
  const index = indexOf([
    ['a.ts', '/** One. RFC 9000 §8.2.4, §9.5 */ // RFC 9001 §6.5'],
    [
      'b.ts',
      '/**\n * It waits for RFC 9000\n * §9.5, and RFC 9000 §9.5 again. RFC 8446 §4 is another matter.\n */',
    ],
    ['c.ts', '// RFC 9000 §10.2 and §A.2.\n/** Keys. RFC 9001 §6.5 */\nexport class Keys {}'],
  ]);
  expect([...index]).toEqual([
    ['9000 §8.2.4', ['a.ts']],
    ['9000 §9.5', ['b.ts', 'a.ts']],
    ['9000 §10.2', ['c.ts']],
    ['9000 §A.2', ['c.ts']],
    ['9001 §6.5', ['c.ts', 'a.ts']],
  ]);
});

test('every folder of quic-core has its row, and every file that the tour names is there', () => {
  const floors = [...page.matchAll(/^\| `([a-z]+)` \| [^|]+ \| [^|]*\|$/gm)].map(([, name]) => name!);
  const folders = readdirSync(core, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of folders) expect(floors).toContain(name);
  const tour = page.slice(0, page.indexOf('## Where a rule lives'));
  const named = [...tour.matchAll(/(?<![\w/.{-])((?:[a-z]+)\/[a-z-]+\.ts)\b/g)].map(([, path]) => path!);
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((path) => !existsSync(join(core, path)))).toEqual([]);
});
