import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Folders of the packages that are published: those that are not private, and so are built, packed and documented.
 *
 * @param {string} root
 * @returns {readonly string[]} names of folders below `packages`
 */
export function publishedPackages(root) {
  return readdirSync(join(root, 'packages')).filter((name) => {
    const manifest = join(root, 'packages', name, 'package.json');
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).private !== true;
  });
}
