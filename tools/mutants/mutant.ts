import ts from 'typescript';

/** One change of one place of a source file. */
export interface Mutant {
  /** Path with `/`, relative to the root of the repository. */
  readonly file: string;
  /** Where the changed text begins and ends, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** 1 for the first line. */
  readonly line: number;
  /** The text of that line, trimmed. */
  readonly text: string;
  /** The change in one line: `a < b => a <= b`, `drop call();`. */
  readonly mutation: string;
  /** The replacement; undefined for a statement that is left out. */
  readonly replacement: string | undefined;
  /** Whether the place is evaluated only once, when its module is loaded. */
  readonly isStatic: boolean;
}

interface Change {
  readonly node: ts.Node;
  readonly replacement: string | undefined;
  /** The replacement as it is shown, when that differs. */
  readonly shown?: string;
}

const SWAPS: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.PlusToken, '-'],
  [ts.SyntaxKind.MinusToken, '+'],
  [ts.SyntaxKind.AsteriskToken, '/'],
  [ts.SyntaxKind.SlashToken, '*'],
  [ts.SyntaxKind.PlusEqualsToken, '-='],
  [ts.SyntaxKind.MinusEqualsToken, '+='],
  [ts.SyntaxKind.AmpersandToken, '|'],
  [ts.SyntaxKind.BarToken, '&'],
  [ts.SyntaxKind.LessThanLessThanToken, '>>'],
  [ts.SyntaxKind.GreaterThanGreaterThanToken, '<<'],
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken, '<<'],
]);

/** Numbers up to this are changed by one up and down; larger ones by one up, and doubled. */
const SMALL = 16;

/**
 * Every mutant of a source file, in the order of its text: operators, bounds, numbers, booleans, negations,
 * conditions that are always or never true, calls and early returns left out. Types, exports, texts and error
 * messages have none.
 */
export function findMutants(file: ts.SourceFile): Mutant[] {
  const mutants: Mutant[] = [];
  visitCode(file, (node) => {
    for (const change of changesOf(file, node)) mutants.push(describeChange(file, change));
  });
  return mutants.sort((a, b) => a.start - b.start || b.end - a.end);
}

/** Whether a node stands outside of every function, so that it is evaluated with its module. */
export function isEvaluatedOnce(node: ts.Node): boolean {
  for (let at = node.parent; at !== undefined; at = at.parent) {
    if (ts.isFunctionLike(at)) return false;
    if (ts.isPropertyDeclaration(at)) return at.modifiers?.some(isStaticModifier) ?? false;
  }
  return true;
}

function isStaticModifier({ kind }: ts.ModifierLike): boolean {
  return kind === ts.SyntaxKind.StaticKeyword;
}

/** Call `visit` for `node` and all code below it, without types, imports and error messages. */
export function visitCode(node: ts.Node, visit: (node: ts.Node) => void): void {
  if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
  visit(node);
  ts.forEachChild(node, (child) => {
    if (!isErrorText(child)) visitCode(child, visit);
  });
}

/** Whether a template is an error message, inside a `throw`. */
function isErrorText(node: ts.Node): boolean {
  if (!ts.isTemplateExpression(node)) return false;
  for (let at = node.parent; at !== undefined && !ts.isFunctionLike(at); at = at.parent) {
    if (ts.isThrowStatement(at) || ts.isNewExpression(at)) return true;
  }
  return false;
}

function changesOf(file: ts.SourceFile, node: ts.Node): Change[] {
  if (ts.isBinaryExpression(node)) return binaryChanges(file, node);
  if (ts.isNumericLiteral(node)) return numberChanges(node);
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) return unaryChanges(file, node);
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [{ node, replacement: 'false' }];
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [{ node, replacement: 'true' }];
  if (ts.isCallExpression(node)) return extremeChanges(file, node);
  if (ts.isIfStatement(node)) return bothWays(node.expression);
  if (ts.isConditionalExpression(node)) return bothWays(node.condition);
  return statementChanges(node);
}

function statementChanges(node: ts.Node): Change[] {
  if (ts.isWhileStatement(node)) return bothWays(node.expression).slice(1);
  if (ts.isForStatement(node) && node.condition !== undefined) return bothWays(node.condition).slice(1);
  if (ts.isExpressionStatement(node)) return callChanges(node);
  if (ts.isReturnStatement(node) && endsLongerBranch(node)) return [{ node, replacement: undefined }];
  return [];
}

function binaryChanges(file: ts.SourceFile, node: ts.BinaryExpression): Change[] {
  const { left, right, operatorToken } = node;
  const swap = SWAPS.get(operatorToken.kind);
  if (
    swap === undefined ||
    (operatorToken.kind === ts.SyntaxKind.PlusToken && (isText(left) || isText(right)))
  )
    return [];
  const [before, after] = [left.getText(file), right.getText(file)];
  return [{ node, replacement: `(${before}) ${swap} (${after})`, shown: `${before} ${swap} ${after}` }];
}

function isText(node: ts.Expression): boolean {
  return (
    ts.isStringLiteralLike(node) ||
    ts.isTemplateExpression(node) ||
    (ts.isBinaryExpression(node) && (isText(node.left) || isText(node.right)))
  );
}

function numberChanges(node: ts.NumericLiteral): Change[] {
  if (ts.isPropertyAssignment(node.parent) && node.parent.name === node) return [];
  const value = Number(node.text.replaceAll('_', ''));
  const others = value === 0 ? [1] : value > SMALL ? [value + 1, value * 2] : [value - 1, value + 1];
  if (!Number.isInteger(value)) others.splice(0, 2, value / 2, value * 2);
  return others.map((other) => ({ node, replacement: String(other) }));
}

function unaryChanges(
  file: ts.SourceFile,
  node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression,
): Change[] {
  const operand = node.operand.getText(file);
  if (node.operator === ts.SyntaxKind.ExclamationToken) return [{ node, replacement: operand }];
  const isUp = node.operator === ts.SyntaxKind.PlusPlusToken;
  if (!isUp && node.operator !== ts.SyntaxKind.MinusMinusToken) return [];
  const other = isUp ? '--' : '++';
  return [{ node, replacement: ts.isPrefixUnaryExpression(node) ? other + operand : operand + other }];
}

function extremeChanges(file: ts.SourceFile, node: ts.CallExpression): Change[] {
  const text = node.getText(file);
  const name = /^Math\.(min|max)\b/.exec(text);
  if (name === null || name[0] !== node.expression.getText(file)) return [];
  const other = name[1] === 'min' ? 'Math.max' : 'Math.min';
  return [{ node, replacement: other + text.slice(name[0].length) }];
}

function bothWays(node: ts.Expression): Change[] {
  if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword) return [];
  return ['true', 'false'].map((replacement) => ({ node, replacement }));
}

function callChanges(node: ts.ExpressionStatement): Change[] {
  const { expression } = node;
  if (!ts.isCallExpression(expression) || expression.expression.kind === ts.SyntaxKind.SuperKeyword)
    return [];
  return [{ node, replacement: undefined }];
}

/** Whether the return is the whole body of an `if`, whose condition that is never true drops it as well. */
function endsLongerBranch(node: ts.ReturnStatement): boolean {
  const block = node.parent;
  return (
    ts.isBlock(block) &&
    block.statements.length > 1 &&
    (ts.isIfStatement(block.parent) || ts.isIterationStatement(block.parent, false))
  );
}

function describeChange(file: ts.SourceFile, { node, replacement, shown = replacement }: Change): Mutant {
  const start = node.getStart(file);
  const { line } = file.getLineAndCharacterOfPosition(start);
  const was = oneLine(node.getText(file));
  return {
    file: file.fileName,
    start,
    end: node.end,
    line: line + 1,
    text: lineText(file, line),
    mutation: shown === undefined ? `drop ${was}` : `${was} => ${oneLine(shown)}`,
    replacement,
    isStatic: isEvaluatedOnce(node),
  };
}

function lineText(file: ts.SourceFile, line: number): string {
  return file.text.split('\n', line + 1)[line]!.trim();
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
