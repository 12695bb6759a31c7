/** A layer, packet or frame as tshark prints it in JSON: texts and trees by name, lists where a name occurs more than once. */
export type Tree = Readonly<Record<string, unknown>>;

/** The first text of this name in a tree; '' where there is none. */
export function textOf(tree: Tree, name: string): string {
  return listOf(tree[name]).find((value) => typeof value === 'string') ?? '';
}

/** The subtrees of this name, in order. */
export function treesOf(tree: Tree, name: string): Tree[] {
  return listOf(tree[name]).filter(isTree);
}

/** All texts of this name anywhere below. */
export function textsBelow(tree: Tree, name: string): string[] {
  return valuesBelow(tree, name).filter((value) => typeof value === 'string');
}

/** All subtrees of this name anywhere below. */
export function treesBelow(tree: Tree, name: string): Tree[] {
  return valuesBelow(tree, name).filter(isTree);
}

/** Whether a field of this name is there. */
export function has(tree: Tree, name: string): boolean {
  return tree[name] !== undefined;
}

function valuesBelow(tree: Tree, name: string): unknown[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    listOf(value).flatMap((one) => [
      ...(key === name ? [one] : []),
      ...(isTree(one) ? valuesBelow(one, name) : []),
    ]),
  );
}

function listOf(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
