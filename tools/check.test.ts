import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const repository = process.cwd();
let root = '';

const WINDOW = '/** Packets. */\nexport const WINDOW: number = 10;\n';

/** The only requirement of the project, which a test claims to prove. */
const REQUIREMENT = { id: 'rfc9000-16-1', section: '16', level: 'MUST' };

const CLAIM = `const covers = (_id: string): void => {};\ncovers('${REQUIREMENT.id}');\nexport { covers };\n`;

/** A project with the real rules and two of the packages, in a folder of its own. */
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tsquic-check-'));
  const copied = [
    'pnpm-workspace.yaml',
    'pnpm-lock.yaml',
    'tsconfig.base.json',
    'jest.config.mjs',
    'knip.json',
    '.oxlintrc.json',
    '.oxfmtrc.json',
    '.gitignore',
    '.dependency-cruiser.mjs',
    'tools',
    'browsers/page/tsconfig.json',
    'packages/bytes',
    'packages/congestion/package.json',
    'packages/congestion/tsconfig.json',
  ];
  for (const path of copied) {
    cpSync(join(repository, path), join(root, path), {
      recursive: true,
      filter: (source) => !LEFT_OUT.test(source.slice(repository.length)),
    });
  }
  const references = [{ path: 'packages/bytes' }, { path: 'packages/congestion' }];
  put('tsconfig.json', `${JSON.stringify({ files: [], references })}\n`);
  put('packages/congestion/src/index.ts', "export { WINDOW } from './window.ts';\n");
  put('packages/congestion/src/window.ts', WINDOW);
  put('browsers/page/main.ts', "document.title = 'page';\n");
  put('packages/quic-core/src/connection/connection.ts', 'export const PARTS = 12;\n');
  put(
    'docs/architecture.md',
    '<!-- pnpm rule-index --write -->\n\n| section | files |\n|---|---|\n\n<!-- end -->\n',
  );
  put('docs/rfc-coverage.json', `${JSON.stringify([REQUIREMENT])}\n`);
  put('packages/bytes/src/claim.test.ts', CLAIM);
  put('package.json', withoutWorkspace(readFileSync(join(repository, 'package.json'), 'utf8')));
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What is built, and tools that stand on sources and tests of `quic-core`, which is not copied. */
const LEFT_OUT = /\/(node_modules|dist)(\/|$)|^\/tools\/(error-codes|fuzz|qpack)(\/|\.|$)/;

/** A file that breaks one rule, and what the step must say near the name of that file. */
type Violation = readonly [rule: string, file: string, text: string, said: string];

const VIOLATIONS: Readonly<Record<string, readonly Violation[]>> = {
  layers: [
    ['a layer', 'congestion/src/up.ts', "import '../../bytes/src/index.ts';\n", 'layer-congestion'],
    ['a host module', 'bytes/src/host.ts', "import 'node:fs';\n", 'pure-layers'],
    ['a cycle', 'bytes/src/loop.ts', "import { x } from './loop.ts';\nexport const y = x;\n", 'no-circular'],
    [
      'the connection reached from outside context/',
      'simulator/src/reach.ts',
      "import '../../quic-core/src/connection/connection.ts';\n",
      'connection-is-private',
    ],
    [
      'another package by its inner files',
      'tls13/src/inner.ts',
      "import '../../bytes/src/hex.ts';\n",
      'index-only',
    ],
    [
      'a folder of quic-core that imports from a floor above',
      'quic-core/src/frame/upwards.ts',
      "import '../streams/inwards.ts';\n",
      'floor-frame',
    ],
    [
      'another package from a floor by its inner files',
      'quic-core/src/streams/inwards.ts',
      "import '../../../bytes/src/hex.ts';\n",
      'index-only',
    ],
    [
      'a type from a floor above',
      'quic-core/src/errors/typed.ts',
      "export type * from '../frame/upwards.ts';\n",
      'floor-errors',
    ],
    [
      'a folder of quic-core without a floor',
      'quic-core/src/attic/nothing.ts',
      "import '../streams/inwards.ts';\n",
      'floor-unknown',
    ],
    ['an entry of a package', 'quic-core/src/wire.ts', "import '../../bytes/src/hex.ts';\n", 'index-only'],
    [
      'a folder of quic-core that imports an entry',
      'quic-core/src/ranges/entry.ts',
      "import '../wire.ts';\n",
      'floor-roof',
    ],
    ['an import of a test', 'bytes/src/leak.ts', "import './hex.test.ts';\n", 'no-tests-in-sources'],
    ['an import that leads nowhere', 'bytes/src/lost.ts', "import './nowhere.ts';\n", 'resolvable'],
  ],
  lint: [
    [
      'a clock',
      'bytes/src/clock.ts',
      'export const now = (): number => Date.now();\n',
      'no-restricted-properties',
    ],
    [
      'chance',
      'bytes/src/chance.ts',
      'export const x: number = Math.random();\n',
      'no-restricted-properties',
    ],
    ['a timer', 'bytes/src/timer.ts', 'setTimeout(() => undefined, 1);\n', 'no-restricted-globals'],
    ['Buffer', 'bytes/src/buffer.ts', 'export const x = Buffer.alloc(1);\n', 'no-restricted-globals'],
    ['process', 'bytes/src/process.ts', 'process.exit(1);\n', 'no-restricted-globals'],
    ['console', 'bytes/src/console.ts', "console.log('here');\n", 'no-restricted-globals'],
    ['a host import', 'bytes/src/host.ts', "import 'node:fs';\n", 'no-restricted-imports'],
    ['a default export', 'bytes/src/default.ts', 'export default 1;\n', 'no-default-export'],
    ['a branchy function', 'bytes/src/branchy.ts', branches(16), 'complexity'],
    [
      'a promise left alone',
      'bytes/src/alone.ts',
      'declare function later(): Promise<void>;\nlater();\n',
      'no-floating-promises',
    ],
  ],
  types: [
    ['an enum', 'bytes/src/colour.ts', 'export enum Colour {\n  Red,\n}\n', 'erasableSyntaxOnly'],
    ['a host global', 'bytes/src/timer.ts', 'setTimeout(() => undefined, 1);\n', 'TS2304'],
    ['an export without a type', 'bytes/src/untyped.ts', 'export const x = [1].map(String);\n', 'TS9010'],
  ],
  'page-types': [
    ['a type error in a page', '../browsers/page/wrong.ts', 'document.title = 1;\n', 'TS2322'],
    ['what only a server has', '../browsers/page/server.ts', 'process.exit();\n', 'TS2591'],
  ],
  'tests-types': [
    ['a type error in a test', 'bytes/src/a.test.ts', "export const x: number = '1';\n", 'TS2322'],
  ],
  purity: [
    ['async code', 'bytes/src/later.ts', 'export const f = async () => undefined;\n', 'async in a pure'],
    ['BigInt', 'bytes/src/big.ts', 'export const x = 1n;\n', 'BigInt literal 1n'],
    [
      'a list spread into a call',
      'qlog/src/most.ts',
      'export const most = (list: number[]) => Math.max(1, ...list);\n',
      'Math.max of a spread list',
    ],
    ['a name without an idea', 'bytes/src/hex-utils.ts', 'export {};\n', 'names no idea'],
  ],
  sizes: [
    ['a long file', 'bytes/src/long.ts', 'void 0;\n'.repeat(351), '351 code lines, at most 350'],
    [
      'a long function',
      'bytes/src/longest.ts',
      `export function longest(): void {\n${'  void 0;\n'.repeat(49)}}\n`,
      'longest has 51 code lines, at most 50',
    ],
    [
      'a class of many methods',
      'bytes/src/many.ts',
      `export class Many {\n${Array.from({ length: 31 }, (_, i) => `  m${i}(): void {}\n`).join('')}}\n`,
      'Many has 31 methods, at most 30',
    ],
  ],
  comments: [
    ['a bare export', 'congestion/src/window.ts', 'export const WINDOW: number = 10;\n', 'window.ts WINDOW'],
  ],
  claims: [
    [
      'a requirement that no RFC has',
      'bytes/src/a.test.ts',
      "covers('rfc9000-99.9-1');\n",
      'no such requirement: rfc9000-99.9-1',
    ],
  ],
  rules: [
    [
      'a section that the page does not list',
      'congestion/src/window.ts',
      `${WINDOW}// RFC 9002 §7.2\n`,
      'its list is not what comments cite',
    ],
  ],
  unused: [
    ['an unused file', 'bytes/src/unused.ts', 'export const x = 1;\n', 'Unused files'],
    ['an unused export', 'congestion/src/window.ts', `${WINDOW}export const OTHER: number = 1;\n`, 'OTHER'],
  ],
  format: [['an unformatted file', 'bytes/src/wide.ts', 'export   const x=1\n', 'wide.ts']],
};

describe('pnpm check', () => {
  test('passes over a clean project', () => {
    const { status, output } = check();
    expect(output).toMatch(/\n14 passed, 0 failed\n$/);
    expect(status).toBe(0);
  });

  describe.each(Object.entries(VIOLATIONS))('%s fails over', (step, violations) => {
    let result: ReturnType<typeof check>;

    beforeAll(() => {
      const restores = violations.map(([, file, text]) => put(join('packages', file), text));
      result = check(step);
      for (const restore of restores) restore();
    });

    test.each(violations)('%s', (_rule, file, _text, said) => {
      const near = [...result.output.matchAll(new RegExp(said, 'g'))].map(({ index }) =>
        result.output.slice(Math.max(0, index - 200), index + said.length + 200),
      );
      expect(near.join('\n')).toContain(file.slice(file.lastIndexOf('/') + 1));
    });

    test('and says so in its last line', () => {
      expect(result.output).toMatch(/\n0 passed, 1 failed\n$/);
      expect(result.status).toBe(1);
    });
  });

  test('a host in the lockfile fails the step lockfile', () => {
    const restore = put('pnpm-lock.yaml', 'x:\n  resolution: {tarball: https://registry.invalid/x.tgz}\n');
    const { status, output } = check('lockfile');
    restore();
    expect(output).toContain('pnpm-lock.yaml:2');
    expect(status).toBe(1);
  });

  test('an unknown step is refused', () => {
    expect(check('everything').status).toBe(2);
  });
});

function check(...steps: readonly string[]): { status: number | null; output: string } {
  const child = spawnSync(process.execPath, ['tools/check.mjs', ...steps], { cwd: root, encoding: 'utf8' });
  return { status: child.status, output: child.stdout + child.stderr };
}

/** Write one file of the project; the answer puts back what was there. */
function put(path: string, text: string): () => void {
  const file = join(root, path);
  let before: string | undefined;
  try {
    before = readFileSync(file, 'utf8');
  } catch {
    mkdirSync(dirname(file), { recursive: true });
  }
  writeFileSync(file, text);
  return () => (before === undefined ? rmSync(file) : writeFileSync(file, before));
}

function branches(count: number): string {
  const body = Array.from({ length: count }, (_, i) => `  if (x === ${i}) return ${i + 1};\n`).join('');
  return `export function branchy(x: number): number {\n${body}  return 0;\n}\n`;
}

/** Of the packages only two are here, and no browser: the others must not be missed. */
function withoutWorkspace(manifest: string): string {
  return manifest.replace(/^ *"(@tsquic\/|(puppeteer-core|express|hono|@types\/express)")[^\n]*\n/gm, '');
}
