// `pnpm build`: JavaScript and declarations of every package and the command's bundle, then a look at whether they load.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCommand } from './command-bundle.mjs';
import { forgetBuild, judgeBuild } from './package-build.mjs';
import { publishedPackages } from './published.mjs';
import { runSteps } from './steps.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = publishedPackages(root);

for (const name of packages) forgetBuild(join(root, 'packages', name));

await runSteps(
  [
    { name: 'compile', command: [process.execPath, 'node_modules/typescript-7/bin/tsc', '-b'] },
    { name: 'command', run: async () => ({ note: await bundleCommand(root) }) },
    ...packages.map((name) => ({ name, run: () => judgeBuild(join(root, 'packages', name)) })),
  ],
  { root, lanes: 1 },
);
