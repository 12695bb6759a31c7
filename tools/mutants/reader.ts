import ts from 'typescript';
import { visitTree } from '../source-files.ts';
import { isEvaluatedOnce, visitCode, type Mutant } from './mutant.ts';

/** A place that reads a constant of a module. */
export interface Reader {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The functions that read a constant of a module, by its name, in its own file and in files that import it.
 * Undefined when another constant is computed from it, because its readers are not known then.
 */
export function findReaders(
  name: string,
  declaring: string,
  files: readonly ts.SourceFile[],
): Reader[] | undefined {
  const readers: Reader[] = [];
  for (const file of files) {
    if (!file.text.includes(name)) continue;
    const local = file.fileName === declaring ? name : importedAs(file, name);
    if (local === undefined) continue;
    let isChained = false;
    visitCode(file, (node) => {
      if (!ts.isIdentifier(node) || node.text !== local || !isRead(node)) return;
      if (isEvaluatedOnce(node) || ts.isShorthandPropertyAssignment(node.parent)) isChained = true;
      else readers.push({ file: file.fileName, start: node.getStart(file), end: node.end });
    });
    if (isChained) return undefined;
  }
  return readers;
}

function importedAs(file: ts.SourceFile, name: string): string | undefined {
  let local: string | undefined;
  visitTree(file, (node) => {
    if (ts.isImportSpecifier(node) && (node.propertyName ?? node.name).text === name) local = node.name.text;
  });
  return local;
}

function isRead(node: ts.Identifier): boolean {
  const { parent } = node;
  if (isNamed(parent)) return parent.initializer === node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isBinaryExpression(parent) && parent.left === node && isAssignment(parent.operatorToken.kind))
    return false;
  if (ts.isPostfixUnaryExpression(parent) || ts.isPrefixUnaryExpression(parent))
    return !isUpdate(parent.operator);
  return (
    ts.isExpression(parent) ||
    ts.isStatement(parent) ||
    ts.isCaseClause(parent) ||
    ts.isShorthandPropertyAssignment(parent) ||
    ts.isTemplateSpan(parent)
  );
}

function isNamed(node: ts.Node): node is ts.Node & { initializer?: ts.Expression } {
  return (
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isBindingElement(node) ||
    ts.isPropertyAssignment(node) ||
    ts.isPropertyDeclaration(node)
  );
}

function isAssignment(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

function isUpdate(kind: ts.SyntaxKind): boolean {
  return kind === ts.SyntaxKind.PlusPlusToken || kind === ts.SyntaxKind.MinusMinusToken;
}

/** The name of the module's constant that the place belongs to, if there is one. */
export function constantAt(file: ts.SourceFile, mutant: Mutant): string | undefined {
  for (const statement of file.statements) {
    if (statement.end < mutant.end || !ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (initializer === undefined || !ts.isIdentifier(name)) continue;
      if (initializer.pos <= mutant.start && mutant.end <= initializer.end) return name.text;
    }
  }
  return undefined;
}
