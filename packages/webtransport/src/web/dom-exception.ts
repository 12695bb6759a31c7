/** The platform's DOMException, which types of Node 20 do not name. */
export type DomExceptionConstructor = new (
  message?: string,
  name?: string,
) => Error & { readonly code: number };

export const DomException: DomExceptionConstructor = (
  globalThis as unknown as { readonly DOMException: DomExceptionConstructor }
).DOMException;

/** An error that the W3C API names so. */
export function domException(name: string, message: string): Error {
  return new DomException(message, name);
}
