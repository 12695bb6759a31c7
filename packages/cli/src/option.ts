/** One option of a command, as data from which parsing, `--help` and their tests are derived. */
export interface Option {
  readonly name: string;
  /** `optional-text` may stand alone, and has the value '' then. */
  readonly kind: 'flag' | 'text' | 'optional-text' | 'list' | 'number';
  /** The name of the value in `--help`. */
  readonly value?: string;
  readonly help: string;
  /** Whether a command without this option is an error. */
  readonly required?: boolean;
  /** Bounds of a number, inclusive. */
  readonly range?: readonly [number, number];
  /** Allowed values of a text. */
  readonly choices?: readonly string[];
}

/** One command. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** The names of operands in `--help`; '' when there are none. */
  readonly operands: string;
  readonly options: readonly Option[];
  /** Paragraphs of `--help` after the options. */
  readonly notes: readonly string[];
}

/** An option that stands alone. */
export function flag(name: string, help: string): Option {
  return { name, kind: 'flag', help };
}

/** An option with a text, for `--help` named by `value`. */
export function text(name: string, value: string, help: string, more: TextMore = {}): Option {
  return { name, kind: 'text', value, help, ...more };
}

/** The same, whose text may be left out. */
export function optionalText(name: string, value: string, help: string): Option {
  return { name, kind: 'optional-text', value, help };
}

/** The same, which may be repeated. */
export function list(name: string, value: string, help: string, more: TextMore = {}): Option {
  return { name, kind: 'list', value, help, ...more };
}

/** An option with a number within these bounds. */
export function number(name: string, value: string, help: string, range: readonly [number, number]): Option {
  return { name, kind: 'number', value, help, range };
}

type TextMore = Pick<Option, 'required' | 'choices'>;
