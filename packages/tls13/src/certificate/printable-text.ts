/**
 * Text from a peer for a message: at most `limit` characters of it; characters that control a terminal or the
 * direction of writing are replaced by their code points.
 */
export function printableText(text: string, limit = 100): string {
  const cut = text.length > limit ? text.slice(0, limit) : text;
  const shown = cut.replace(STEERING, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
  const bounded = shown.length > limit ? shown.slice(0, limit) : shown;
  return bounded.length < shown.length || cut.length < text.length ? `${bounded}…` : bounded;
}

/** Control characters, format characters, separators of lines, and halves of surrogate pairs. */
const STEERING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
