/**
 * Names the requirements that a test proves, by their ids (`rfc9000-19.9-2`): the first statement of the test's body, or a
 * cell of its table. `pnpm rfc-coverage` collects them from the sources.
 */
export function covers(...ids: readonly string[]): string {
  return ids.join(' ');
}
