import type { RememberedPath } from '@tsquic/congestion';
import { QuicUsageError } from '../errors/usage-error.ts';

/** The path that the program remembers, checked. Throws `QuicUsageError` for values that no path has. */
export function checkedPath(remembered: RememberedPath | undefined): RememberedPath | undefined {
  if (remembered === undefined || (isCount(remembered.rttUs) && isCount(remembered.windowBytes)))
    return remembered;
  throw new QuicUsageError(
    'invalid-option',
    'rememberedPath must have rttUs and windowBytes, integers above 0, as an earlier connection gave them',
  );
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
