// Builds what is needed, then runs every port in every runtime that it is for.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const cwd = fileURLToPath(new URL('..', import.meta.url));
const steps = [
  ['node_modules/typescript-7/bin/tsc', '-b', 'packages/quic', 'packages/cli', 'packages/simulator'],
  ['--import', './tools/ts.mjs', 'benchmarks/ports/main.ts', ...process.argv.slice(2)],
];
for (const words of steps) {
  const { status } = spawnSync(process.execPath, words, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  process.exitCode = status ?? 1;
  if (status !== 0) break;
}
