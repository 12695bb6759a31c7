import { MAX_KEPT_TOKEN_LENGTH } from '../connection/client-start.ts';
import { QuicUsageError } from '../errors/usage-error.ts';

const NO_TOKEN = new Uint8Array(0);

/** The token that the program kept, empty for none. Throws `QuicUsageError` for one that no `token` event gave. */
export function checkedToken(token: Uint8Array = NO_TOKEN): Uint8Array {
  if (token.length <= MAX_KEPT_TOKEN_LENGTH) return token;
  throw new QuicUsageError(
    'invalid-option',
    `a token has at most ${MAX_KEPT_TOKEN_LENGTH} bytes, not ${token.length}: there would be no room for a handshake`,
  );
}
