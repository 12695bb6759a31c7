import ts from 'typescript';
import { visitTree } from '../source-files.ts';

/** Code whose comment cites a section of an RFC, or one of its requirements. */
export interface Owner {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  /** `rfc9000-9.3` for a section, `rfc9000-9.3-1` for a requirement. */
  readonly rule: string;
}

/**
 * The code that carries each rule: the declaration or statement after a comment that cites it, as `RFC 9000
 * §9.3` or by an id. A `§` without an RFC belongs to the one that the comment, or else the file, named last.
 */
export function findOwners(file: ts.SourceFile): Owner[] {
  const owners: Owner[] = [];
  const seen = new Set<number>();
  let rfc = '';
  visitTree(file, (node) => {
    // The comment belongs to the outermost node that begins after it.
    for (const { pos, end } of ts.getLeadingCommentRanges(file.text, node.getFullStart()) ?? []) {
      if (seen.has(pos) || node.kind === ts.SyntaxKind.SourceFile) continue;
      seen.add(pos);
      for (const [token, id, number, section] of file.text.slice(pos, end).matchAll(CITATION)) {
        if (number !== undefined) rfc = number;
        const rule = id ?? (section !== undefined && rfc !== '' ? `rfc${rfc}-${section}` : undefined);
        if (rule === undefined || token === '') continue;
        owners.push({ file: file.fileName, start: node.getStart(file), end: node.end, rule });
      }
    }
  });
  return owners;
}

/** An id, the number of an RFC, or a section. */
const CITATION = /(rfc\d{4}-[\dA-Z.]+-\d+)|RFC (\d{4})|§([A-Z\d]+(?:\.\d+)*)/g;

/** The owners of a requirement: code that cites it, else code that cites its section. */
export function ownersOf(owners: readonly Owner[], id: string): Owner[] {
  const named = owners.filter(({ rule }) => rule === id);
  const section = id.slice(0, id.lastIndexOf('-'));
  return named.length > 0 ? named : owners.filter(({ rule }) => rule === section);
}
