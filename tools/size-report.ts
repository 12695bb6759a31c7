import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { isTest, listSources, locate, parseSource, visitTree } from './source-files.ts';

/** Most code lines of a file, without blank lines and comments. */
export const MAX_FILE_LINES = 350;
/** Most code lines of a function, with its signature. */
export const MAX_FUNCTION_LINES = 50;
/** Most methods and accessors of a class. */
export const MAX_METHODS = 30;

const FOLDERS = ['packages', 'tools', 'examples', 'interop', 'benchmarks', 'fuzz'];

/** Sizes in one tree: what is too large, and the code lines of each top folder. */
export interface SizeReport {
  readonly offenders: readonly string[];
  /** Code lines by package or folder, without tests. */
  readonly sourceLines: ReadonlyMap<string, number>;
  readonly testLines: ReadonlyMap<string, number>;
}

/** Measure every TypeScript file of this project below `root`. */
export function measureSizes(root: string): SizeReport {
  const offenders: string[] = [];
  const sourceLines = new Map<string, number>();
  const testLines = new Map<string, number>();
  for (const path of listSources(root, FOLDERS)) {
    const file = parseSource(root, path);
    const lines = codeLines(file);
    const totals = isTest(path) ? testLines : sourceLines;
    const folder = path
      .split('/')
      .slice(0, path.startsWith('packages/') ? 2 : 1)
      .join('/');
    totals.set(folder, (totals.get(folder) ?? 0) + lines.size);
    if (!isTest(path)) offenders.push(...tooLarge(file, lines));
  }
  return { offenders, sourceLines, testLines };
}

function tooLarge(file: ts.SourceFile, lines: ReadonlySet<number>): string[] {
  const found: string[] = [];
  if (lines.size > MAX_FILE_LINES) {
    found.push(`${file.fileName}:1 file of ${lines.size} code lines, at most ${MAX_FILE_LINES}`);
  }
  visitTree(file, (node) => {
    if (ts.isClassLike(node)) {
      const { length } = node.members.filter(
        (member) => ts.isMethodDeclaration(member) || ts.isAccessor(member),
      );
      const name = node.name?.text ?? 'class';
      if (length > MAX_METHODS)
        found.push(`${locate(file, node)} ${name} has ${length} methods, at most ${MAX_METHODS}`);
    }
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    const length = linesWithin(file, node, lines);
    if (length <= MAX_FUNCTION_LINES) return;
    const name = node.name?.getText(file) ?? 'function';
    found.push(`${locate(file, node)} ${name} has ${length} code lines, at most ${MAX_FUNCTION_LINES}`);
  });
  return found;
}

/** Numbers of the lines that contain at least a part of a token. */
function codeLines(file: ts.SourceFile): ReadonlySet<number> {
  const lines = new Set<number>();
  markTokens(file, file, lines);
  return lines;
}

/** Tokens are the leaves of the full tree; `forEachChild` would leave out punctuation. */
function markTokens(file: ts.SourceFile, node: ts.Node, lines: Set<number>): void {
  if (ts.isJSDoc(node)) return;
  const children = node.getChildren(file);
  for (const child of children) markTokens(file, child, lines);
  if (children.length > 0 || node.getWidth(file) === 0) return;
  const from = file.getLineAndCharacterOfPosition(node.getStart(file)).line;
  const to = file.getLineAndCharacterOfPosition(node.getEnd()).line;
  for (let line = from; line <= to; line++) lines.add(line);
}

function linesWithin(file: ts.SourceFile, node: ts.Node, lines: ReadonlySet<number>): number {
  const from = file.getLineAndCharacterOfPosition(node.getStart(file)).line;
  const to = file.getLineAndCharacterOfPosition(node.getEnd()).line;
  let count = 0;
  for (let line = from; line <= to; line++) if (lines.has(line)) count++;
  return count;
}

function main(): void {
  const { offenders, sourceLines, testLines } = measureSizes(fileURLToPath(new URL('..', import.meta.url)));
  for (const [folder, lines] of sourceLines) {
    console.log(
      `${folder.padEnd(28)}${String(lines).padStart(6)} code  ${String(testLines.get(folder) ?? 0).padStart(6)} test`,
    );
  }
  for (const offender of offenders) console.log(offender);
  console.log(`${offenders.length} too large`);
  process.exitCode = offenders.length > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
