import { QuicUsageError } from '../errors/usage-error.ts';

/** Throws `QuicUsageError` unless `code` is an application error code that a frame can carry. RFC 9000 §20.2 */
export function assertCode(code: number): void {
  if (Number.isSafeInteger(code) && code >= 0) return;
  throw new QuicUsageError('invalid-option', `an error code is an integer from 0 to 2^53-1, not ${code}`);
}
