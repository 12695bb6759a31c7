// `pnpm api`: the reference of every entry of every package, from its doc comments. A warning fails it.
import { readFileSync } from 'node:fs';
import { publishedPackages } from './tools/published.mjs';

const entryPoints = publishedPackages('.').flatMap((name) => {
  const { exports: entries } = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'));
  return Object.values(entries)
    .filter((entry) => typeof entry === 'object')
    .map((entry) => `packages/${name}/${entry['tsquic-src'].slice(2)}`);
});

export default {
  name: 'tsquic',
  entryPoints,
  tsconfig: 'tools/tsconfig.api.json',
  // `pnpm check` does it, with the compiler that the sources are written for.
  skipErrorChecking: true,
  out: '.cache/api',
  readme: 'none',
  disableSources: true,
  treatWarningsAsErrors: true,
};
