/**
 * Whether two byte strings are the same. The time taken depends on the lengths only, as far as a
 * JavaScript engine can promise; use it for tags, tokens and Finished messages.
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}
