/**
 * pnpm rule-index [--write | --check]: the files that carry the rules of each section of RFC 9000, 9001, 9002, 9114,
 * 9204, 9218, 9220, 9221, 9287, 9297, 9368 and 9369, according to their comments. The list is at the end of docs/architecture.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isTest, listSources } from './source-files.ts';

/** The folders with the rules of the transport, its handshake and its recovery, by their name in the list. */
const ROOTS: readonly (readonly [root: string, shown: string])[] = [
  ['packages/quic-core/src/', ''],
  ['packages/congestion/src/', 'congestion: '],
  ['packages/crypto/src/', 'crypto: '],
  ['packages/tls13/src/', 'tls13: '],
  ['packages/qpack/src/', 'qpack: '],
  ['packages/http3/src/', 'http3: '],
];
const RFCS = ['9000', '9001', '9002', '9114', '9204', '9218', '9220', '9221', '9287', '9297', '9368', '9369'];
const BEGIN = '<!-- pnpm rule-index --write -->';
const END = '<!-- end -->';

/** Files by section, the one that cites it most first; sections as `9000 §8.2.4`. */
export type RuleIndex = ReadonlyMap<string, readonly string[]>;

/** Read the citations below `root`. */
export function readRuleIndex(root: string): RuleIndex {
  const sources = ROOTS.flatMap(([folder, shown]) =>
    listSources(root, [folder])
      .filter((path) => !isTest(path))
      .map((path) => [shown + path.slice(folder.length), readFileSync(join(root, path), 'utf8')] as const),
  );
  return indexOf(sources);
}

/** The same for texts by name. */
export function indexOf(sources: readonly (readonly [name: string, text: string])[]): RuleIndex {
  const counts = new Map<string, Map<string, number>>();
  for (const [name, text] of sources) {
    const heads = [...text.matchAll(HEAD)].map(([comment]) => comment);
    for (const [part, weight] of [[text, 1] as const, ...heads.map((head) => [head, HEAD_WEIGHT] as const)])
      for (const section of citations(part)) {
        const files = counts.get(section) ?? new Map<string, number>();
        files.set(name, (files.get(name) ?? 0) + weight);
        counts.set(section, files);
      }
  }
  const sorted = [...counts].sort(([a], [b]) => compareSections(a, b));
  return new Map(
    sorted.map(([section, files]) => [
      section,
      [...files].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name),
    ]),
  );
}

/**
 * The comment of an exported class or function, which tells the purpose of the file: its citations weigh more
 * than others.
 */
const HEAD = /^\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n(?=export (?:class|function) )/gm;
const HEAD_WEIGHT = 2;

/**
 * Every section that comments cite: `RFC 9000 §8.2.4, §9.4, RFC 9001 §6.5`, also across the lines of a
 * comment.
 */
function citations(text: string): string[] {
  const joined = text.replaceAll(/\n\s*(?:\*|\/\/)\s?/g, ' ');
  return [...joined.matchAll(/RFC (\d{4})((?:(?:,| and)? §[\dA-Z][\d.]*\d|(?:,| and)? §\d+)+)/g)]
    .filter(([, rfc]) => RFCS.includes(rfc!))
    .flatMap(([, rfc, list]) =>
      [...list!.matchAll(/§([\dA-Z][\d.]*)/g)].map(([, section]) => `${rfc} §${section}`),
    );
}

/** Sections without the name of their RFC, which a reader and this list cannot attribute: `path:line`. */
export function bareSections(root: string): string[] {
  const found: string[] = [];
  for (const [folder] of ROOTS.slice(0, 2))
    for (const path of listSources(root, [folder]).filter((name) => !isTest(name)))
      readFileSync(join(root, path), 'utf8')
        .replaceAll(/\n\s*(?:\*|\/\/)\s?(?=§)/g, ' ')
        .split('\n')
        .forEach((line, index) => {
          if (/(?<!RFC \d{4}|draft-[\w.-]+|§[\dA-Z.]+(?:,| and|;)|[/-]) §\d/.test(line))
            found.push(`${path}:${index + 1}`);
        });
  return found;
}

function compareSections(a: string, b: string): number {
  const [left, right] = [orderOf(a), orderOf(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? -1) - (right[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Numbers for sorting: appendices come after all sections. */
function orderOf(section: string): number[] {
  return section
    .replace(' §', '.')
    .split('.')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : 1000 + part.codePointAt(0)!));
}

/** The list in the format of the page. */
export function drawRuleIndex(index: RuleIndex): string {
  const lines = ['| section | files |', '|---|---|'];
  for (const [section, files] of index)
    lines.push(`| RFC ${section} | ${files.map((file) => `\`${file}\``).join(', ')} |`);
  return lines.join('\n');
}

/** The page with this list between its marks. */
export function withRuleIndex(page: string, list: string): string {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from < 0 || to < from) throw new Error(`the page has no ${BEGIN} … ${END}`);
  return `${page.slice(0, from + BEGIN.length)}\n\n${list}\n\n${page.slice(to)}`;
}

function main(): void {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const path = join(root, 'docs/architecture.md');
  const list = drawRuleIndex(readRuleIndex(root));
  const page = readFileSync(path, 'utf8');
  const renewed = withRuleIndex(page, list);
  if (process.argv.includes('--write')) writeFileSync(path, renewed);
  else if (!process.argv.includes('--check')) console.log(list);
  else if (page !== renewed) {
    const lines = page.split('\n');
    const missing = renewed.split('\n').filter((line) => !lines.includes(line));
    console.error(
      [
        'docs/architecture.md: its list is not what comments cite: `pnpm rule-index --write`',
        ...missing,
      ].join('\n'),
    );
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
