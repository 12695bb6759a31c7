/**
 * The files of quic-core that name each frame type, which a new frame would have to touch. `pnpm
 * frame-places` prints the list, and the test beside this file compares it with docs/how-to/frame.md.
 */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { isTest, listSources, parseSource, visitTree } from './source-files.ts';

const CORE = 'packages/quic-core/src/';

/** Files by the frame that they name, relative to the sources of quic-core, sorted. */
export type FramePlaces = ReadonlyMap<string, readonly string[]>;

/** Read the sources below `root`. */
export function framePlaces(root: string): FramePlaces {
  const files = listSources(root, [CORE]).filter((path) => !isTest(path));
  return placesIn(files.map((path) => parseSource(root, path)));
}

/** The same for parsed files: a frame is a member of `FrameType`. */
export function placesIn(files: readonly ts.SourceFile[]): FramePlaces {
  const frames = files.flatMap(membersOfFrameType);
  const bySpelling = new Map<string, string>();
  for (const frame of frames) for (const spelling of spellings(frame)) bySpelling.set(spelling, frame);
  const places = new Map<string, Set<string>>(frames.map((frame) => [frame, new Set()]));
  for (const file of files)
    visitTree(file, (node) => {
      const path = file.fileName.replace(CORE, '');
      const frame = bySpelling.get(spellingAt(node, path) ?? '');
      if (frame !== undefined) places.get(frame)!.add(path);
    });
  return new Map([...places].map(([frame, found]) => [frame, [...found].sort()]));
}

/** The names of a frame in code: as a type, as a fact, or as the record for tracers. */
function spellings(frame: string): string[] {
  const record = frame.replaceAll(/(?<!^)([A-Z])/g, '_$1').toLowerCase();
  return [`FrameType.${frame}`, `Fact.${frame}`, `'${record}'`];
}

function spellingAt(node: ts.Node, path: string): string | undefined {
  if (ts.isStringLiteral(node)) return path.startsWith('trace/') ? `'${node.text}'` : undefined;
  if (ts.isPropertyAccessExpression(node)) return node.getText();
  if (!ts.isPropertyAssignment(node)) return undefined;
  const object = objectName(node);
  return object === undefined ? undefined : `${object}.${node.name.getText()}`;
}

/** The constant whose object literal has this member: `const Fact = { … } as const`. */
function objectName(member: ts.PropertyAssignment): string | undefined {
  let at: ts.Node = member.parent.parent;
  while (ts.isAsExpression(at) || ts.isSatisfiesExpression(at)) at = at.parent;
  return ts.isVariableDeclaration(at) ? at.name.getText() : undefined;
}

function membersOfFrameType(file: ts.SourceFile): string[] {
  const members: string[] = [];
  visitTree(file, (node) => {
    if (ts.isPropertyAssignment(node) && objectName(node) === 'FrameType') members.push(node.name.getText());
  });
  return members;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [frame, files] of framePlaces(process.cwd()))
    console.log(`${frame.padEnd(20)} ${files.length}  ${files.join(' ')}`);
