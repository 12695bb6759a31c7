import { QuicUsageError } from '@tsquic/quic-core';

/** The kind of an option's value. `undefined` always counts as left out. */
export interface Kind {
  /** Completes the sentence "must be". */
  readonly expected: string;
  accepts(value: unknown): boolean;
  /** The kind of each item of a list. */
  readonly item?: Kind;
}

/** The kind of every option of a type; the compiler checks that none is missing. */
export type Kinds<T> = Readonly<Record<keyof T, Kind>>;

/**
 * Throws `QuicUsageError('invalid-option')`, which names the option and what it must be, unless `options` is
 * an object whose values are all of their kinds. Names without a kind are ignored.
 *
 * @param prefix - the path of `options`: '' or 'transport.'.
 */
export function checkKinds(prefix: string, options: unknown, kinds: Readonly<Record<string, Kind>>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new QuicUsageError(
      'invalid-option',
      `${prefix.slice(0, -1) || 'options'} must be an object, not ${show(options)}`,
    );
  // What a plain object has is less than what it could have.
  const isPlain = Object.getPrototypeOf(options) === Object.prototype;
  for (const name of Object.keys(isPlain ? options : kinds)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name]! : ANYTHING;
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value === undefined || kind.accepts(value)) continue;
    throw new QuicUsageError(
      'invalid-option',
      `${prefix}${name} must be ${kind.expected}, not ${show(value, kind.item)}`,
    );
  }
}

export const ANYTHING: Kind = { expected: 'anything', accepts: () => true };
export const STRING: Kind = { expected: 'a string', accepts: (value) => typeof value === 'string' };
export const BOOLEAN: Kind = { expected: 'true or false', accepts: (value) => typeof value === 'boolean' };
export const NUMBER: Kind = { expected: 'a number', accepts: Number.isFinite };
export const FUNCTION: Kind = { expected: 'a function', accepts: (value) => typeof value === 'function' };
export const BYTES: Kind = { expected: 'a Uint8Array', accepts: isBytes };
export const TEXT_OR_BYTES: Kind = {
  expected: 'a string or a Uint8Array',
  accepts: (value) => typeof value === 'string' || isBytes(value),
};

/** An integer with these bounds, inclusive. */
export function integer(low: number, high: number = Number.MAX_SAFE_INTEGER): Kind {
  const most = high === Number.MAX_SAFE_INTEGER ? '2^53-1' : `${high}`;
  return {
    expected: `an integer from ${low} to ${most}`,
    accepts: (value) => Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high,
  };
}

/** An integer from `low` on, or no limit. */
export function integerOrInfinity(low: number): Kind {
  const number = integer(low);
  return {
    expected: `${number.expected}, or Infinity`,
    accepts: (value) => value === Infinity || number.accepts(value),
  };
}

/** One of these values. */
export function oneOf(...values: readonly (string | number)[]): Kind {
  const names = values.map((value) => JSON.stringify(value));
  return {
    expected: `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`,
    accepts: (value) => values.includes(value as string | number),
  };
}

/** Either kind. */
export function either(first: Kind, second: Kind): Kind {
  return {
    expected: `${first.expected}, or ${second.expected}`,
    accepts: (value) => first.accepts(value) || second.accepts(value),
  };
}

/** A list of that kind. */
export function listOf(kind: Kind): Kind {
  return {
    expected: `a list whose items each are ${kind.expected}`,
    accepts: (value) => Array.isArray(value) && value.every((item) => kind.accepts(item)),
    item: kind,
  };
}

/** An object with these methods, of any class, because programs may have several realms. */
export function objectWith(what: string, ...methods: readonly string[]): Kind {
  return {
    expected: what,
    accepts: (value) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
  };
}

/** Whether the value is bytes; buffers of another realm count as well. */
function isBytes(value: unknown): boolean {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]';
}

/** A value as text for an error. Long strings are named by their type alone, because they may be secrets. */
function show(value: unknown, item?: Kind): string {
  if (typeof value === 'string') return value.length <= 20 ? JSON.stringify(value) : 'a string';
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) {
    const wrong = item === undefined ? -1 : value.findIndex((one) => !item.accepts(one));
    if (wrong >= 0) return `a list with ${show(value[wrong])}`;
    return value.length === 0 ? 'an empty list' : 'a list';
  }
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}
