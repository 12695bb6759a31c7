/** Which pages may use a server: those of the same host, all, or those of these origins, as in 'https://app.example'. */
export type AllowedOrigins = 'same-host' | '*' | readonly string[];

/**
 * Whether a page of this origin may use the server. A client without an origin is no browser, and may.
 * draft-ietf-webtrans-http3 §3.2
 *
 * @param authority - host and port that the client asks for.
 */
export function isAllowedOrigin(
  origin: string | undefined,
  authority: string,
  allowed: AllowedOrigins,
): boolean {
  if (origin === undefined || allowed === '*') return true;
  if (allowed === 'same-host')
    return hostOf(origin) !== '' && hostOf(origin) === hostOf(`https://${authority}`);
  return allowed.includes(origin);
}

/** The host of an origin, '' for what is none. */
function hostOf(origin: string): string {
  try {
    return new URL(origin).hostname;
  } catch {
    return '';
  }
}
