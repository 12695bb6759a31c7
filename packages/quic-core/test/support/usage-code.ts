import { QuicUsageError } from '../../src/errors/usage-error.ts';

/** The code of the `QuicUsageError` that a call throws, or that it throws nothing. */
export function usageCode(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof QuicUsageError) return error.code;
    throw error;
  }
  return 'nothing thrown';
}
