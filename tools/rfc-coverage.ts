import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { listSources, locate, parseSource, visitTree } from './source-files.ts';

/** One requirement of an RFC; its sentence itself is only in the RFC. */
export interface Requirement {
  readonly id: string;
  readonly section: string;
  readonly level: 'MUST' | 'SHOULD' | 'MAY';
  /** Why no test of this project can prove it: it binds others, or an endpoint cannot observe it. */
  readonly reason?: string;
}

/** A requirement that a test claims to prove, and where. */
export interface Claim {
  readonly id: string;
  readonly at: string;
}

/** Counts of one RFC section. */
export interface SectionCoverage {
  readonly rfc: string;
  readonly section: string;
  readonly musts: number;
  readonly uncovered: readonly string[];
  readonly others: number;
  readonly othersCovered: number;
}

/**
 * Every `covers('…')` in the test files below `root`. When a file passes lists of ids to the call, as tables
 * of cases do, each string in the file that looks like an id counts; also in tables of cases in files of
 * their own.
 */
export function findClaims(root: string): Claim[] {
  const claims: Claim[] = [];
  for (const path of listSources(root, ['packages', 'tools', 'interop', 'docs', 'examples'])) {
    if (path.endsWith('.test.ts') || TABLE.test(path))
      claims.push(...claimsOf(parseSource(root, path), TABLE.test(path)));
  }
  return claims;
}

/** Tables of cases that a test goes through, and a command besides. */
const TABLE = /^packages\/[^/]+\/test\/[^/]+-cases\.ts$/;

function claimsOf(file: ts.SourceFile, isTable: boolean): Claim[] {
  const named: Claim[] = [];
  const listed: Claim[] = [];
  let spreads = isTable;
  visitTree(file, (node) => {
    if (ts.isCallExpression(node) && node.expression.getText(file) === 'covers') {
      spreads ||= node.arguments.some((argument) => ts.isSpreadElement(argument));
    } else if (ts.isStringLiteralLike(node)) {
      const claim = { id: node.text, at: locate(file, node) };
      if (ts.isCallExpression(node.parent) && node.parent.expression.getText(file) === 'covers')
        named.push(claim);
      else if (ID.test(node.text)) listed.push(claim);
    }
  });
  return spreads ? [...named, ...listed] : named;
}

const ID = /^rfc\d{4}-[\dA-Z.]+-\d+$/;

/**
 * What does not fit together: claims of requirements that do not exist, or that have a reason for being without one; and MUSTs with
 * neither.
 */
export function claimFaults(requirements: readonly Requirement[], claims: readonly Claim[]): string[] {
  const known = new Map(requirements.map((requirement) => [requirement.id, requirement]));
  const claimed = new Set(claims.map(({ id }) => id));
  const wrong = claims.flatMap(({ id, at }) => {
    const requirement = known.get(id);
    if (requirement === undefined) return [`${at} no such requirement: ${id}`];
    return requirement.reason === undefined
      ? []
      : [`${at} docs/rfc-coverage.json says why no test can show ${id}`];
  });
  const bare = requirements
    .filter(({ id, level, reason }) => level === 'MUST' && reason === undefined && !claimed.has(id))
    .map(({ id }) => `${id} has neither a test nor a reason for having none`);
  return [...wrong, ...bare];
}

/** Requirements by section, in the given order, with the ids that tests name. */
export function coverageBySection(
  requirements: readonly Requirement[],
  covered: ReadonlySet<string>,
): SectionCoverage[] {
  const sections = new Map<string, Requirement[]>();
  for (const requirement of requirements) {
    const key = `${rfcOf(requirement)} ${requirement.section}`;
    const list = sections.get(key) ?? [];
    list.push(requirement);
    sections.set(key, list);
  }
  return [...sections.values()].map((list) => {
    const musts = list.filter(({ level }) => level === 'MUST');
    const others = list.filter(({ level }) => level !== 'MUST');
    return {
      rfc: rfcOf(list[0]!),
      section: list[0]!.section,
      musts: musts.length,
      uncovered: musts.filter(({ id }) => !covered.has(id)).map(({ id }) => id),
      others: others.length,
      othersCovered: others.filter(({ id }) => covered.has(id)).length,
    };
  });
}

/** The coverage page: ids and counts, without text of the RFCs. */
export function coveragePage(
  sections: readonly SectionCoverage[],
  requirements: readonly Requirement[] = [],
): string {
  const parts = [
    '# RFC coverage',
    '',
    'Written by `pnpm rfc-coverage --write`. Every sentence with a MUST has an id, `<rfc>-<section>-<number>`, numbered',
    'in the order of the text; `docs/rfc-coverage.json` lists them. A test that proves one names it with',
    '`covers(…)` in its body or the row of its table. An uncovered id means that no test says so, not that the code is wrong.',
    'Those that no test of ours can show stand at the end of their RFC with the reason.',
  ];
  for (const rfc of new Set(sections.map((section) => section.rfc))) {
    const own = sections.filter((section) => section.rfc === rfc);
    parts.push('', `## ${rfc.toUpperCase().replace('RFC', 'RFC ')}: ${totalOf(own)}`, '');
    parts.push(
      '| section | MUST covered | SHOULD and MAY covered | MUST without a test |',
      '|---|---|---|---|',
    );
    for (const { section, musts, uncovered, others, othersCovered } of own) {
      const numbers = uncovered.map((id) => id.slice(id.lastIndexOf('-') + 1)).join(', ');
      parts.push(
        `| ${section} | ${musts - uncovered.length}/${musts} | ${othersCovered}/${others} | ${numbers} |`,
      );
    }
    const excused = requirements.filter((one) => rfcOf(one) === rfc && one.reason !== undefined);
    if (excused.length > 0) parts.push('', '| MUST that no test can show | reason |', '|---|---|');
    for (const { id, reason } of excused) parts.push(`| ${id} | ${reason} |`);
  }
  return `${parts.join('\n')}\n`;
}

function totalOf(sections: readonly SectionCoverage[]): string {
  const musts = sections.reduce((sum, { musts }) => sum + musts, 0);
  const uncovered = sections.reduce((sum, { uncovered }) => sum + uncovered.length, 0);
  return `${musts - uncovered} of ${musts} MUSTs`;
}

function rfcOf({ id }: Requirement): string {
  return id.slice(0, id.indexOf('-'));
}

function main(): void {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const requirements = readRequirements(root);
  const claims = findClaims(root);
  const sections = coverageBySection(requirements, new Set(claims.map(({ id }) => id)));

  for (const { rfc, section, musts, uncovered } of sections) {
    if (musts === 0) continue;
    console.log(
      `${rfc} ${section.padEnd(10)}${String(musts - uncovered.length).padStart(4)}/${String(musts).padEnd(4)}${uncovered.join(' ')}`.trimEnd(),
    );
  }
  for (const rfc of new Set(sections.map((section) => section.rfc))) {
    console.log(`${rfc}: ${totalOf(sections.filter((section) => section.rfc === rfc))}`);
  }
  console.log(`all: ${totalOf(sections)}, ${claims.length} claims in tests`);
  const excused = requirements.filter(({ reason }) => reason !== undefined).length;
  if (excused > 0)
    console.log(`${excused} MUSTs that no test can show, with the reason: docs/rfc-coverage.md`);
  const faults = claimFaults(requirements, claims);
  for (const fault of faults) console.log(fault);
  if (process.argv.includes('--write'))
    writeFileSync(join(root, 'docs/rfc-coverage.md'), coveragePage(sections, requirements));
  console.log(`${Math.max(claims.length - faults.length, 0)} passed, ${faults.length} failed`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

function readRequirements(root: string): Requirement[] {
  return JSON.parse(readFileSync(join(root, 'docs/rfc-coverage.json'), 'utf8')) as Requirement[];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
