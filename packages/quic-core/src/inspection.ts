import type { Address } from './path/address.ts';

/** What `console.log` shows of an object. */
export type Facts = Readonly<Record<string, unknown>>;

/**
 * Let `console.log` show the facts that matter instead of what the object is made of, on Node, Bun and Deno.
 *
 * @param name - written out, for programs are minified.
 */
export function showAs<T extends object>(prototype: T, name: string, facts: (self: T) => Facts): void {
  const define = (symbol: symbol, value: (this: T, ...args: never[]) => string): void => {
    Object.defineProperty(prototype, symbol, { value, configurable: true, writable: true });
  };
  define(
    Symbol.for('nodejs.util.inspect.custom'),
    function (this: T, depth: number, options: object, inspect: Inspect): string {
      if (this === prototype || depth < 0) return `[${name}]`;
      return `${name} ${inspect(facts(this), { ...options, depth: depth - 1 })}`;
    },
  );
  define(Symbol.for('Deno.customInspect'), function (this: T, inspect: Inspect, options: object): string {
    return this === prototype ? `[${name}]` : `${name} ${inspect(facts(this), options)}`;
  });
}

type Inspect = (value: unknown, options: object) => string;

/** An address as people write it. */
export function addressText({ ip, port }: Address): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}
