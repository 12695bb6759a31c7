// `pnpm build`: JavaScript and declarations of every package, then a look at whether they load.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { forgetBuild, judgeBuild } from './package-build.mjs';
import { runSteps } from './steps.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = readdirSync(join(root, 'packages')).filter((name) =>
  existsSync(join(root, 'packages', name, 'package.json')),
);

for (const name of packages) forgetBuild(join(root, 'packages', name));

await runSteps(
  [
    { name: 'compile', command: [process.execPath, 'node_modules/typescript-7/bin/tsc', '-b'] },
    ...packages.map((name) => ({ name, run: () => judgeBuild(join(root, 'packages', name)) })),
  ],
  { root, lanes: 1 },
);
