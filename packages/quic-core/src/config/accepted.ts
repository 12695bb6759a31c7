import { QuicUsageError } from '../errors/usage-error.ts';
import type { AcceptOptions, AddressLimits } from './admission.ts';
import type { QuicContextOptions } from './config.ts';
import { checkAcceptOptions } from './option-names.ts';
import { inRange } from './range.ts';
import type { Settings } from './settings.ts';
import { earlyDataUnder } from './early-data-options.ts';
import { checkTlsOptions } from './tls-options.ts';
import { checkTransport } from './transport-ranges.ts';

/** Throws `QuicUsageError` for an `admit` that cannot be asked, and for limits of addresses that make no sense. */
export function checkAdmission({ admit, optionsFor }: QuicContextOptions): void {
  if (optionsFor !== undefined && typeof optionsFor !== 'function')
    throw new QuicUsageError('invalid-option', 'optionsFor must be a function');
  if (admit !== undefined && typeof admit !== 'function')
    throw new QuicUsageError('invalid-option', 'admit must be a function');
}

/** Throws `QuicUsageError` for limits of addresses that make no sense. */
export function checkAddressLimits(limits: AddressLimits = {}): void {
  const { maxConnections, maxHalfOpen, ipv4PrefixBits, ipv6PrefixBits } = limits;
  for (const [name, value] of Object.entries({ maxConnections, maxHalfOpen }))
    if (value !== undefined && value !== Infinity)
      inRange(`perAddress.${name}`, value, 1, Number.MAX_SAFE_INTEGER);
  inRange('perAddress.ipv4PrefixBits', ipv4PrefixBits ?? 0, 0, 32);
  inRange('perAddress.ipv6PrefixBits', ipv6PrefixBits ?? 0, 0, 128);
}

/** The settings of a client that `admit` has options for. Throws `QuicUsageError` for values that make no sense. */
export function acceptSettings(settings: Settings, options: AcceptOptions): Settings {
  checkAcceptOptions(options);
  const { congestion = settings.congestion, alpn = settings.options.alpn } = options;
  const chosen = given(options.transport);
  checkTransport(chosen);
  const transport = { ...settings.transport, ...chosen };
  if (typeof congestion !== 'function')
    throw new QuicUsageError('invalid-option', 'congestion must be a function');
  const earlyData = options.earlyData === false ? undefined : earlyDataUnder(settings.earlyData, transport);
  const accepted = { ...settings, transport, congestion, earlyData };
  if (alpn === settings.options.alpn) return accepted;
  const own = { ...settings.options, alpn };
  checkTlsOptions(own);
  return { ...accepted, options: own };
}

/** Options that are written down as undefined count as left out. */
export function given<T extends object>(options: T | undefined): Partial<T> {
  return Object.fromEntries(
    Object.entries(options ?? {}).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
