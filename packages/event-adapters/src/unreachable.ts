/** Whether an error of a socket says that nobody listens at the other end, or that there is no way to it. */
export function isUnreachable(error: unknown): boolean {
  return UNREACHABLE.has((error as { readonly code?: string } | undefined)?.code ?? '');
}

const UNREACHABLE: ReadonlySet<string> = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);
