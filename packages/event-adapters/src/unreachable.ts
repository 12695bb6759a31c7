/**
 * Whether a socket's error means that no program receives at the remote address, or that there is no route to
 * it.
 */
export function isUnreachable(error: unknown): boolean {
  return UNREACHABLE.has((error as { readonly code?: string } | undefined)?.code ?? '');
}

/**
 * Whether a send that failed may have failed for an earlier datagram, which may have been to another peer: a system that reports ICMP
 * messages by the next call does so with many errors. A socket that is full says so for the datagram at hand.
 */
export function isOfEarlier(error: unknown): boolean {
  return !FULL.has((error as { readonly code?: string } | undefined)?.code ?? '');
}

const FULL: ReadonlySet<string> = new Set(['EAGAIN', 'EWOULDBLOCK', 'ENOBUFS']);

const UNREACHABLE: ReadonlySet<string> = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);
