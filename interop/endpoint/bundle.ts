// Makes the program that the container runs: `bundle.ts DIRECTORY` writes endpoint.mjs there.
import { fileURLToPath } from 'node:url';
import { bundle } from '../bundle.ts';

const [directory = '.'] = process.argv.slice(2);
await bundle({ endpoint: fileURLToPath(new URL('main.ts', import.meta.url)) }, directory);
