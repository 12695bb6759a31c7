import { QuicUsageError, usageErrorCode } from '@tsquic/quic-core';
import { QuicError } from './errors.ts';

/** Call the core for the program; a `QuicUsageError` becomes a `QuicError`. */
export function use<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof QuicUsageError)) throw error;
    throw new QuicError(usageErrorCode(error.code), error.message, { cause: error });
  }
}
