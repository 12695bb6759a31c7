import { QuicUsageError } from '../errors/usage-error.ts';
import type { QuicContextOptions } from './config.ts';
import { RESET_KEY_LENGTH, type ResetKeys } from '../ids/reset-keys.ts';
import { ROTATING_KEY_LENGTH } from '../tokens/rotating-key.ts';
import type { Tickets } from '../tokens/tickets.ts';
import type { Tokens } from '../tokens/token.ts';

/** Keys of what a server gives away and knows again. */
export type SealingKeys = Pick<QuicContextOptions, 'ticketKey' | 'tokenKey' | 'resetKey'>;

/** Throws `QuicUsageError` for keys of a wrong length. */
export function checkSealingKeys({ ticketKey, tokenKey, resetKey }: SealingKeys): void {
  checkLength('ticketKey', ticketKey, ROTATING_KEY_LENGTH);
  checkLength('tokenKey', tokenKey, ROTATING_KEY_LENGTH);
  checkLength('resetKey', resetKey, RESET_KEY_LENGTH);
}

/** Use these keys from now on, or random ones. Throws `QuicUsageError` for keys of a wrong length. */
export function rotateSealingKeys(keys: SealingKeys, { tickets, tokens, resetKeys }: Sealers): void {
  checkSealingKeys(keys);
  tickets.rotate(keys.ticketKey);
  tokens.rotate(keys.tokenKey);
  resetKeys.rotate(keys.resetKey);
}

interface Sealers {
  readonly tickets: Tickets;
  readonly tokens: Tokens;
  readonly resetKeys: ResetKeys;
}

function checkLength(name: string, key: Uint8Array | undefined, length: number): void {
  if (key !== undefined && key.length !== length)
    throw new QuicUsageError('invalid-option', `${name} must have ${length} bytes, not ${key.length}`);
}
