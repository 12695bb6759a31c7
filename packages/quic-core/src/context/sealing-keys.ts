import { QuicUsageError } from '../errors/usage-error.ts';
import type { QuicContextOptions } from './config.ts';
import { ROTATING_KEY_LENGTH } from './rotating-key.ts';
import type { Tickets } from './tickets.ts';
import type { Tokens } from './token.ts';

/** Keys of what a server gives away and knows again. */
export type SealingKeys = Pick<QuicContextOptions, 'ticketKey' | 'tokenKey'>;

/** Throws `QuicUsageError` for keys of a wrong length. */
export function checkSealingKeys({ ticketKey, tokenKey }: SealingKeys): void {
  for (const [name, key] of Object.entries({ ticketKey, tokenKey })) {
    if (key === undefined || key.length === ROTATING_KEY_LENGTH) continue;
    throw new QuicUsageError(
      'invalid-option',
      `${name} must have ${ROTATING_KEY_LENGTH} bytes, not ${key.length}`,
    );
  }
}

/** Seal with these keys from now on, or with random ones. Throws `QuicUsageError` for keys of a wrong length. */
export function rotateSealingKeys(
  keys: SealingKeys,
  { tickets, tokens }: { readonly tickets: Tickets; readonly tokens: Tokens },
): void {
  checkSealingKeys(keys);
  tickets.rotate(keys.ticketKey);
  tokens.rotate(keys.tokenKey);
}
