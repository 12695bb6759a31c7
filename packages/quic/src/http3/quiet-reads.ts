import { optional } from '../deferred.ts';

/**
 * Make the calls that read the content of a `Request` or `Response` return promises that may be ignored. Such a call fails when the peer
 * gives up, which must not end the program as an unhandled rejection while it has not come to awaiting the promise.
 *
 * @param prototype - that of a class derived from the platform's.
 * @param onCloned - hears of copies, which are of the same class.
 */
export function quietReads<T extends Request | Response>(
  prototype: T,
  onCloned?: (original: T, copy: T) => void,
): void {
  const methods = prototype as unknown as Record<string, () => unknown>;
  for (const name of READS) {
    const read = methods[name] as ((this: object) => Promise<unknown>) | undefined;
    if (read === undefined) continue;
    define(prototype, name, function quietly(this: object) {
      return optional(read.call(this));
    });
  }
  const clone = methods['clone'] as (this: object) => object;
  define(prototype, 'clone', function cloneQuietly(this: object) {
    const copy = Object.setPrototypeOf(clone.call(this), prototype) as T;
    onCloned?.(this as T, copy);
    return copy;
  });
}

function define(prototype: object, name: string, value: (this: object) => unknown): void {
  Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
}

/** `bytes` is not in every runtime. */
const READS = ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'];
