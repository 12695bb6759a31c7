import { QuicError } from './errors.ts';
import { checkCloseNames } from './option-names.ts';
import type { CloseOptions } from './options.ts';

/** Throws `ERR_QUIC_INVALID_OPTION` for what cannot travel, before anything is closed. */
export function checkClose(options: CloseOptions): void {
  checkCloseNames(options);
  checkCode(options);
}

/** The same for the code alone. */
export function checkCode({ code = 0 }: CloseOptions): void {
  if (Number.isSafeInteger(code) && code >= 0) return;
  throw new QuicError('ERR_QUIC_INVALID_OPTION', `code must be an integer from 0 to 2^53-1, not ${code}`);
}
