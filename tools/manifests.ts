// pnpm manifests [--write]: checks that every package.json has what publishing needs, and prints the
// differences.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The parts of a package.json that this file reads or writes. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly engines: { readonly node: string };
  readonly private?: boolean;
  readonly repository?: { readonly type: string; readonly url: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** The differences, one line each. With `write`, those of derived fields are corrected. */
export function judgeManifests(root: string, write: boolean): string[] {
  const workspace = readManifest(join(root, 'package.json'));
  const folders = readdirSync(join(root, 'packages')).filter((name) =>
    existsSync(join(root, 'packages', name, 'package.json')),
  );
  const manifests = new Map(
    folders
      .map((folder) => [folder, readManifest(join(root, 'packages', folder, 'package.json'))] as const)
      .filter(([, { private: unpublished }]) => unpublished !== true),
  );
  const versions = new Map([...manifests.values()].map(({ name, version }) => [name, version]));
  const faults: string[] = [];
  for (const [folder, manifest] of manifests) {
    const path = `packages/${folder}/package.json`;
    const wanted = { ...manifest, ...derivedFields(workspace, folder, manifest, versions) };
    if (JSON.stringify(manifest) !== JSON.stringify(inOrder(wanted))) {
      if (write) writeFileSync(join(root, path), `${JSON.stringify(inOrder(wanted), null, 2)}\n`);
      else faults.push(...differences(path, manifest, inOrder(wanted)));
    }
    faults.push(...missingFiles(root, folder));
    if (!Array.isArray(manifest['keywords']) || manifest['keywords'].length < 3)
      faults.push(`${path} keywords: at least three help to find the package`);
    if (typeof manifest['description'] !== 'string') faults.push(`${path} description: there is none`);
  }
  return faults;
}

/** Fields that are derived from the package.json of the workspace. */
function derivedFields(
  workspace: Manifest,
  folder: string,
  manifest: Manifest,
  versions: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const { type = '', url = '' } = workspace.repository ?? {};
  const home = url.replace(/^git\+/, '').replace(/\.git$/, '');
  const derived: Record<string, unknown> = {
    license: workspace.license,
    repository: { type, url, directory: `packages/${folder}` },
    homepage: `${home}/tree/main/packages/${folder}#readme`,
    bugs: { url: `${home}/issues` },
    engines: { node: workspace.engines.node },
    publishConfig: { access: 'public' },
    scripts: { prepack: PREPACK },
  };
  for (const field of ['dependencies', 'devDependencies', 'peerDependencies'] as const) {
    const stated = manifest[field];
    if (stated === undefined) continue;
    // `npm pack` does not replace `workspace:`, with which the package could not be installed.
    derived[field] = Object.fromEntries(
      Object.entries(stated).map(([name, range]) => {
        const version = versions.get(name);
        return [name, version === undefined ? range : `^${version}`];
      }),
    );
  }
  return derived;
}

function missingFiles(root: string, folder: string): string[] {
  const faults: string[] = [];
  for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE']) {
    if (!existsSync(join(root, 'packages', folder, file)))
      faults.push(`packages/${folder}/${file} is missing`);
  }
  return faults;
}

function differences(path: string, is: Manifest, wanted: Readonly<Record<string, unknown>>): string[] {
  const fields = Object.keys(wanted).filter(
    (field) => JSON.stringify(is[field]) !== JSON.stringify(wanted[field]),
  );
  if (fields.length === 0) return [`${path} fields in another order: pnpm manifests --write`];
  return fields.map(
    (field) => `${path} ${field} should be ${JSON.stringify(wanted[field])}: pnpm manifests --write`,
  );
}

function inOrder(manifest: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const rank = (field: string): number => (ORDER.includes(field) ? ORDER.indexOf(field) : ORDER.length);
  return Object.fromEntries(Object.entries(manifest).sort(([a], [b]) => rank(a) - rank(b)));
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}

function main(): void {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const faults = judgeManifests(root, process.argv.includes('--write'));
  for (const fault of faults) console.log(fault);
  console.log(`${faults.length} faults in manifests`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

const PREPACK = 'node ../../tools/prepack.mjs';
const ORDER = [
  ...['name', 'version', 'description', 'keywords', 'homepage', 'bugs', 'repository', 'license'],
  ...['type', 'sideEffects', 'engines', 'bin', 'exports', 'files', 'scripts', 'publishConfig'],
  ...['dependencies', 'peerDependencies', 'optionalDependencies', 'devDependencies'],
];

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
