/**
 * Names the requirements that a test proves, by their ids (`rfc9000-19.9-2`), for use inside the title of the
 * test: `pnpm rfc-coverage` collects them from the sources.
 */
export function covers(...ids: readonly string[]): string {
  return `[${ids.join(' ')}]`;
}
