import { build } from 'esbuild';

/**
 * Makes one file of each program, from the sources, as `<name>.mjs` in `directory`: hundreds of processes start, and need not
 * translate them each time.
 *
 * @param programs - the path of each source, by name.
 */
export async function bundle(programs: Readonly<Record<string, string>>, directory: string): Promise<void> {
  await build({
    entryPoints: { ...programs },
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['tsquic-src'],
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    // Packages in CommonJS that they contain ask for modules of the host by `require`.
    banner: {
      js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
    },
  });
}
