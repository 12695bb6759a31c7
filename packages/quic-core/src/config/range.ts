import { QuicUsageError } from '../errors/usage-error.ts';

/** Throws `QuicUsageError('invalid-option')`, which names the option, unless the value is an integer of this range. */
export function inRange(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new QuicUsageError(
    'invalid-option',
    `${name} must be an integer from ${low} to ${high}, not ${value}`,
  );
}
