import { readdir } from 'node:fs/promises';

/** A page that lists what a directory has, directories first. Hidden files are left out. */
export async function directoryListing(directory: string, path: string): Promise<string> {
  const entries = (await readdir(directory, { withFileTypes: true })).filter(
    ({ name }) => !name.startsWith('.'),
  );
  const names = entries.map((entry) => `${entry.name}${entry.isDirectory() ? '/' : ''}`);
  const isDirectory = (name: string): number => (name.endsWith('/') ? 0 : 1);
  names.sort((a, b) => isDirectory(a) - isDirectory(b) || (a < b ? -1 : 1));
  const shown = names.slice(0, MAX_ENTRIES);
  const rest = names.length - shown.length;
  const items = [...(path === '/' ? [] : ['../']), ...shown].map(
    (name) => `<li><a href="${escapeHtml(hrefOf(name))}">${escapeHtml(name)}</a></li>`,
  );
  const title = escapeHtml(decodeURIComponent(path));
  const more = rest === 0 ? '' : `<p>and ${rest} more</p>\n`;
  return `<!doctype html>\n<meta charset="utf-8">\n<title>${title}</title>\n<h1>${title}</h1>\n<ul>\n${items.join('\n')}\n</ul>\n${more}`;
}

/** Relative, whatever the name has in it: `a:b` alone would be a scheme. */
function hrefOf(name: string): string {
  return `./${name.split('/').map(encodeURIComponent).join('/')}`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const MAX_ENTRIES = 10_000;
