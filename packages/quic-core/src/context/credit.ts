import { QuicUsageError } from '../errors/usage-error.ts';

/** Throws `QuicUsageError('invalid-option')` unless `bytes` is a number of bytes. RFC 9000 §4.1 */
export function assertCredit(bytes: number): void {
  if (!Number.isSafeInteger(bytes) || bytes < 0)
    throw new QuicUsageError('invalid-option', 'credit is an integer from 0 to 2^53-1');
}
