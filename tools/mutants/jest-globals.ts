import { expect } from 'expect';
import { bind } from 'jest-each';

export { expect };

/** A test as its file declares it. */
export interface DeclaredTest {
  readonly title: string;
  /** Requirements of the test: those of its group or its row of a table, to which its body adds. */
  readonly ids: Set<string>;
  readonly run: () => unknown;
}

type Body = (...values: unknown[]) => unknown;
type Declare = (title: string, body: Body) => void;

const titles: string[] = [];
/** Requirements of the enclosing groups. */
let groupIds: readonly string[] = [];
let running: DeclaredTest | undefined;
let declared: DeclaredTest[] = [];

/** The tests that were declared since the last call. */
export function takeDeclared(): DeclaredTest[] {
  const taken = declared;
  declared = [];
  return taken;
}

/**
 * The replacement of `covers`: adds requirements to the running test, or to the group that is being declared.
 */
export function noteIds(ids: readonly string[]): void {
  if (running !== undefined) for (const id of ids) running.ids.add(id);
  else if (titles.length > 0) groupIds = [...groupIds, ...ids];
}

function declareTest(title: string, body: Body): void {
  const test: DeclaredTest = {
    title: [...titles, title].join(' '),
    ids: new Set(groupIds),
    async run() {
      running = test;
      try {
        await body();
      } finally {
        running = undefined;
      }
    },
  };
  declared.push(test);
}

function declareGroup(title: string, body: Body): void {
  const outer = groupIds;
  titles.push(title);
  body();
  titles.pop();
  groupIds = outer;
}

/** `each` of jest; tests get the requirements in their rows. */
function withEach(declare: Declare): Declare & { each: unknown; skip: () => void } {
  const bound = bind(declare as never, false) as unknown as Each;
  const each: Each = (table, ...rest) => {
    const outer = groupIds;
    return (title, body) => {
      const before = declared.length;
      bound(table, ...rest)(title, body);
      const added = declared.slice(before);
      groupIds = outer;
      if (added.length !== table.length) return;
      for (const [row, test] of added.entries()) for (const id of idsIn(table[row], 2)) test.ids.add(id);
    };
  };
  return Object.assign((title: string, body: Body) => declare(title, body), { each, skip: () => {} });
}

type Each = (table: readonly unknown[], ...rest: unknown[]) => (title: string, body: Body) => void;

function idsIn(value: unknown, depth: number): string[] {
  if (typeof value === 'string') return value.split(' ').filter((word) => ID.test(word));
  if (depth === 0 || typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
  return Object.values(value).flatMap((part) => idsIn(part, depth - 1));
}

const ID = /^rfc\d{4}-[\dA-Z.]+-\d+$/;

/**
 * The globals of jest that the packages' tests use, for a process that runs many files one after the other.
 */
export const test = withEach(declareTest);
export const describe = withEach(declareGroup);
export const jest = { setTimeout: (): void => {} };
