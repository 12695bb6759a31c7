import { existsSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { listSources, parseSource } from './source-files.ts';

/** Exports of package indexes below `root` that have no doc comment, as `path name`. */
export function findUndocumented(root: string): string[] {
  const indexes = listSources(root, ['packages']).filter((path) =>
    /^packages\/[^/]+\/src\/(.*\/)?index\.ts$/.test(path),
  );
  return indexes.flatMap((path) => undocumentedExports(root, path));
}

function undocumentedExports(root: string, path: string): string[] {
  const found: string[] = [];
  for (const statement of parseSource(root, path).statements) {
    if (!ts.isExportDeclaration(statement)) continue;
    const from = statement.moduleSpecifier;
    if (statement.exportClause === undefined)
      found.push(`${path} exports everything of a file: name what it exports`);
    if (from === undefined || !ts.isStringLiteral(from) || !from.text.startsWith('.')) continue;
    const target = posix.join(dirname(path), from.text);
    if (!existsSync(join(root, target))) continue;
    const documented = documentedNames(parseSource(root, target));
    for (const name of exportedNames(statement)) {
      if (documented.get(name) === false) found.push(`${target} ${name}`);
    }
  }
  return found;
}

function exportedNames(statement: ts.ExportDeclaration): string[] {
  const clause = statement.exportClause;
  if (clause === undefined || !ts.isNamedExports(clause)) return [];
  return clause.elements.map((element) => (element.propertyName ?? element.name).text);
}

/** Declared names of a file, and whether any of their declarations has a doc comment. */
function documentedNames(file: ts.SourceFile): ReadonlyMap<string, boolean> {
  const names = new Map<string, boolean>();
  for (const statement of file.statements) {
    const hasComment = ts.getJSDocCommentsAndTags(statement).length > 0;
    for (const name of declaredNames(statement)) names.set(name, names.get(name) === true || hasComment);
  }
  return names;
}

function declaredNames(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map((declaration) => declaration.name.getText());
  }
  if (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement)
  ) {
    return statement.name === undefined ? [] : [statement.name.text];
  }
  return [];
}

function main(): void {
  const offenders = findUndocumented(fileURLToPath(new URL('..', import.meta.url)));
  for (const offender of offenders) console.log(offender);
  console.log(`${offenders.length} exports without a doc comment`);
  process.exitCode = offenders.length > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
