// Lets `node` run TypeScript sources: ts-node on Node 20, native type stripping from 22.18 on.
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';

if (!process.features.typescript) {
  process.setSourceMapsEnabled(true);
  process.env.TS_NODE_PROJECT ??= fileURLToPath(new URL('./tsconfig.json', import.meta.url));
  register('ts-node/esm', import.meta.url);
}
