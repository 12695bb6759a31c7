import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';

/** Folders without sources of this project, and `assembly`, whose language only looks like TypeScript. */
const SKIPPED = new Set(['assembly', 'node_modules', 'dist', 'coverage', '.git', '.cache', '.peers', '.run']);

/** Every TypeScript file below the `folders` of `root`, as paths with `/` relative to `root`, sorted. */
export function listSources(root: string, folders: readonly string[]): string[] {
  const found: string[] = [];
  for (const folder of folders) walk(join(root, folder), found);
  return found.map((path) => relative(root, path).split(sep).join('/')).sort();
}

/** Whether a path belongs to tests, which are exempt from the rules of sizes and purity. */
export function isTest(path: string): boolean {
  return /\.(test|bench)\.ts$|(^|\/)(test|bench)\//.test(path);
}

/** The syntax tree of one file, with parent pointers. */
export function parseSource(root: string, path: string): ts.SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
}

/** `path:line` of a node, as editors and terminals link it. */
export function locate(file: ts.SourceFile, node: ts.Node): string {
  const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
  return `${file.fileName}:${line + 1}`;
}

/** Call `visit` for `node` and everything below it. */
export function visitTree(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => visitTree(child, visit));
}

function walk(folder: string, found: string[]): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(path, found);
    else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts')) found.push(path);
  }
}
