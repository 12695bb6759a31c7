import { MAX_KEPT_TOKEN_LENGTH } from '../connection/client-start.ts';
import { QuicUsageError } from '../errors/usage-error.ts';

const NO_TOKEN = new Uint8Array(0);

/**
 * The token that the program kept; empty when there is none, and for a token of another version than the
 * connection begins with (RFC 9369 §5). Throws `QuicUsageError` for bytes that no `token` event gave.
 */
export function checkedToken(
  version: number,
  token: Uint8Array = NO_TOKEN,
  tokenVersion: number = version,
): Uint8Array {
  if (token.length <= MAX_KEPT_TOKEN_LENGTH) return tokenVersion === version ? token : NO_TOKEN;
  throw new QuicUsageError(
    'invalid-option',
    `a token has at most ${MAX_KEPT_TOKEN_LENGTH} bytes, not ${token.length}: there would be no room for a handshake`,
  );
}
