import { QuicUsageError } from '@tsquic/quic-core';

/**
 * Use a stream between events, when it may have ended without our having heard yet: undefined then, and the event
 * that tells is on its way.
 */
export function ifAlive<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof QuicUsageError) return undefined;
    throw error;
  }
}
