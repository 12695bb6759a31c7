import type { SpinPolicy } from '../path/spin-bit.ts';
import { QuicUsageError } from '../errors/usage-error.ts';
import { inRange } from './range.ts';
import { DEFAULT_TRANSPORT, TRANSPORT_RANGES, type TransportOptions } from './transport-options.ts';

const SPIN_POLICIES: readonly SpinPolicy[] = ['on', 'off', 'random'];

/** Throws `QuicUsageError` for values of another kind than the option's, or out of its range. */
export function checkTransport(transport: Partial<TransportOptions>): void {
  for (const name of ['outgoingDatagramDrop', 'incomingDatagramDrop'] as const)
    if (!['oldest', 'newest', undefined].includes(transport[name]))
      throw new QuicUsageError('invalid-option', `${name} must be 'oldest' or 'newest'`);
  if (transport.spinBit !== undefined && !SPIN_POLICIES.includes(transport.spinBit))
    throw new QuicUsageError('invalid-option', `spinBit must be 'on', 'off' or 'random'`);
  for (const [name, value] of Object.entries(transport)) {
    const kind = typeof DEFAULT_TRANSPORT[name as keyof TransportOptions];
    if (typeof value !== kind)
      throw new QuicUsageError('invalid-option', `transport.${name} must be a ${kind}, not ${typeof value}`);
    const [low, high] = TRANSPORT_RANGES[name as keyof TransportOptions] ?? [0, Number.MAX_SAFE_INTEGER];
    if (typeof value === 'number') inRange(name, value, low, high);
  }
}
