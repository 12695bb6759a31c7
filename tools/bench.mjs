// Builds the packages and the command and measures the built code, because a loader for sources would change the results.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bundleCommand } from './command-bundle.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [name, ...options] = process.argv.slice(2);
const words =
  name === 'baselines'
    ? ['benchmarks/baselines/main.ts', ...options]
    : ['benchmarks/main.ts', ...process.argv.slice(2)];

if (options.includes('--help') || name === '--help' || name === '-h') {
  runs('-C', 'tsquic-src', '--import', './tools/ts.mjs', ...words);
} else if (runs('node_modules/typescript-7/bin/tsc', '-b')) {
  await bundleCommand(root);
  runs('--import', './tools/ts.mjs', ...words);
}

/** Run Node with these words; whether it ended well, which is the exit code of this process too. */
function runs(...args) {
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  process.exitCode = status ?? 1;
  return status === 0;
}
