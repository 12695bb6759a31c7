// `pnpm check`: all checks of the sources that do not run them. `node tools/check.mjs lint types` runs only
// the named steps.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runSteps } from './steps.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => join('node_modules', '.bin', name);
const tsc = [process.execPath, 'node_modules/typescript-7/bin/tsc'];
const script = [process.execPath, '-C', 'tsquic-src', '--import', './tools/ts.mjs'];

/** @type {readonly import('./steps.mjs').Step[]} */
const STEPS = [
  { name: 'types', command: [...tsc, '-b'] },
  { name: 'unused', command: [bin('knip'), '--no-progress', '--no-config-hints'] },
  { name: 'tests-types', command: [...tsc, '-p', 'tools/tsconfig.tests.json'] },
  { name: 'layers', command: [bin('depcruise'), '--config', '.dependency-cruiser.mjs', 'packages'] },
  { name: 'tools-types', command: [...tsc, '-p', 'tools/tsconfig.json'] },
  { name: 'page-types', command: [...tsc, '-p', 'browsers/page/tsconfig.json'] },
  { name: 'sizes', command: [...script, 'tools/size-report.ts'] },
  { name: 'purity', command: [...script, 'tools/purity.ts'] },
  { name: 'comments', command: [...script, 'tools/doc-comments.ts'] },
  { name: 'claims', command: [...script, 'tools/rfc-coverage.ts'] },
  { name: 'rules', command: [...script, 'tools/rule-index.ts', '--check'] },
  { name: 'lint', command: [bin('oxlint'), '--type-aware', '--deny-warnings'] },
  { name: 'format', command: [bin('oxfmt'), '--check', '.'] },
  { name: 'lockfile', run: judgeLockfile },
];

/**
 * The lockfile must identify packages by integrity only: a host in it would tie every install to that host.
 */
function judgeLockfile() {
  const lines = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8').split('\n');
  const faults = lines
    .map((line, index) =>
      /https?:\/\/|tarball:/.test(line) ? `pnpm-lock.yaml:${index + 1} ${line.trim()}` : '',
    )
    .filter((fault) => fault !== '');
  return faults.length === 0 ? {} : { fault: faults.join('\n') };
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !STEPS.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(
    `no such step: ${unknown.join(', ')}; there are ${STEPS.map((step) => step.name).join(', ')}`,
  );
  process.exitCode = 2;
} else {
  await runSteps(wanted.length === 0 ? STEPS : STEPS.filter((step) => wanted.includes(step.name)), { root });
}
