/** The code of the `QuicUsageError` that a call throws, or that it throws nothing. */
export function usageCode(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof Error && error.name === 'QuicUsageError' && 'code' in error)
      return String(error.code);
    throw error;
  }
  return 'nothing thrown';
}
