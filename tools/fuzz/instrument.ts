import ts from 'typescript';

/** The code of a file that counts in `globalThis.tsquicEdges` how often each of its branches is taken. */
export interface Instrumented {
  readonly text: string;
  /** Number of its branches, which are numbered from `first` on. */
  readonly count: number;
}

/**
 * Number the branches of a file from `first` on: bodies of functions, both ways of conditions, right sides of
 * `&&`, `||` and `??`, bodies of loops, cases, catch blocks.
 */
export function instrument(file: ts.SourceFile, first: number): Instrumented {
  const opening: Insertion[] = [];
  const closing: Insertion[] = [];
  let next = first;
  const enter = (at: number): void => void opening.push({ at, text: ` ${COUNTERS}[${next++}]++;` });
  const wrap = (node: ts.Node, [before, after]: readonly [string, string]): void => {
    opening.push({ at: node.getStart(file), text: before.replace('#', `${COUNTERS}[${next++}]++`) });
    closing.push({ at: node.end, text: after });
  };
  const branch = (node: ts.Statement | undefined): void => {
    // Blocks and further conditions have counters of their own.
    if (node !== undefined && !ts.isBlock(node) && !ts.isIfStatement(node)) wrap(node, STATEMENT);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isBlock(node)) enter(node.getStart(file) + 1);
    else if (ts.isCaseOrDefaultClause(node)) enter(node.statements.pos);
    else if (ts.isIfStatement(node)) {
      branch(node.thenStatement);
      branch(node.elseStatement);
    } else if (ts.isIterationStatement(node, false)) branch(node.statement);
    else if (ts.isConditionalExpression(node)) {
      wrap(node.whenTrue, EXPRESSION);
      wrap(node.whenFalse, EXPRESSION);
    } else if (ts.isBinaryExpression(node) && LOGICAL.has(node.operatorToken.kind))
      wrap(node.right, EXPRESSION);
    else if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) wrap(node.body, EXPRESSION);
    ts.forEachChild(node, visit);
  };
  visit(file);
  // Of insertions at the same place, the outer one comes first if they begin there, and the inner one if they
  // end there.
  const insertions = [...closing.reverse(), ...opening].sort((a, b) => a.at - b.at);
  let text = `const ${COUNTERS} = globalThis.tsquicEdges;`;
  let done = 0;
  for (const { at, text: inserted } of insertions) {
    text += file.text.slice(done, at) + inserted;
    done = at;
  }
  return { text: text + file.text.slice(done), count: next - first };
}

interface Insertion {
  readonly at: number;
  readonly text: string;
}

const COUNTERS = 'tsquicEdgesHere';
const STATEMENT = ['{#;', '}'] as const;
const EXPRESSION = ['(#,', ')'] as const;
const LOGICAL: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
]);
