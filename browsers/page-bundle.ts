import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Makes one script of what pages run. */
export async function bundlePage(path: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL('page/main.ts', import.meta.url))],
    bundle: true,
    format: 'iife',
    outfile: path,
  });
}
