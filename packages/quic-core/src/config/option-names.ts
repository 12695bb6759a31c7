import { QuicUsageError } from '../errors/usage-error.ts';
import type { AcceptOptions, AddressLimits } from './admission.ts';
import type { ConnectionOptions, QuicContextOptions } from './config.ts';
import { DEFAULT_TRANSPORT, type TransportOptions } from './transport-options.ts';

/** Every name of an option type; the compiler sees to it that none is missing. */
export type OptionNames<T> = Readonly<Record<keyof T, true>>;

/** Names of `TransportOptions`. */
export const TRANSPORT_OPTION_NAMES = Object.fromEntries(
  Object.keys(DEFAULT_TRANSPORT).map((name) => [name, true]),
) as OptionNames<TransportOptions>;

/** Names of `QuicContextOptions`. */
export const CONTEXT_OPTION_NAMES: OptionNames<QuicContextOptions> = {
  crypto: true,
  alpn: true,
  identity: true,
  verifier: true,
  dangerouslySkipCertificateCheck: true,
  judgeCertificates: true,
  clientCertificate: true,
  unixTimeAtZeroUs: true,
  cipherSuites: true,
  groups: true,
  versions: true,
  transport: true,
  maxTotalSendBufferBytes: true,
  congestion: true,
  pathScheduler: true,
  maxConnections: true,
  maxHalfOpenConnections: true,
  connectionIdLength: true,
  connectionIds: true,
  resetKey: true,
  ticketKey: true,
  tokenKey: true,
  earlyData: true,
  blockedPorts: true,
  preferredAddress: true,
  admit: true,
  optionsFor: true,
  perAddress: true,
  retry: true,
  onKeyLog: true,
  tracer: true,
  beforeSealing: true,
};

/** Names of `AddressLimits`. */
export const ADDRESS_LIMIT_NAMES: OptionNames<AddressLimits> = {
  maxConnections: true,
  maxHalfOpen: true,
  ipv4PrefixBits: true,
  ipv6PrefixBits: true,
};

const ACCEPT_OPTION_NAMES: OptionNames<AcceptOptions> = {
  transport: true,
  congestion: true,
  alpn: true,
  earlyData: true,
};

const CONNECTION_OPTION_NAMES: OptionNames<ConnectionOptions> = {
  to: true,
  from: true,
  serverName: true,
  alpn: true,
  version: true,
  session: true,
  earlyData: true,
  token: true,
  tokenVersion: true,
  rememberedPath: true,
  preferredAddress: true,
};

/** Throws `QuicUsageError` for a name that is no option of `createQuicContext`, nor of its `transport`. */
export function checkContextOptions(options: QuicContextOptions): void {
  const groups = { transport: TRANSPORT_OPTION_NAMES, perAddress: ADDRESS_LIMIT_NAMES };
  checkOptionNames('', options, CONTEXT_OPTION_NAMES, groups);
  checkOptionNames('perAddress.', options.perAddress, ADDRESS_LIMIT_NAMES);
  checkOptionNames('transport.', options.transport, TRANSPORT_OPTION_NAMES);
}

/** The same for what `admit` answers. */
export function checkAcceptOptions(options: AcceptOptions): void {
  checkOptionNames('', options, ACCEPT_OPTION_NAMES, { transport: TRANSPORT_OPTION_NAMES });
  checkOptionNames('transport.', options.transport, TRANSPORT_OPTION_NAMES);
}

/** The same for `createConnection`. */
export function checkConnectionOptions(options: ConnectionOptions): void {
  checkOptionNames('', options, CONNECTION_OPTION_NAMES);
}

/**
 * What a program writes in JavaScript, no compiler has seen: a name that is no option is an error, with the one that was
 * probably meant. Throws `QuicUsageError('invalid-option')`.
 *
 * @param prefix - where `options` stands: '' or 'transport.'.
 * @param groups - names inside other options, which may have been meant: by the name of the option that holds them.
 * @param elsewhere - what the option is called here that goes by this name elsewhere.
 */
export function checkOptionNames(
  prefix: string,
  options: object | undefined,
  known: Readonly<Record<string, unknown>>,
  groups: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {},
  elsewhere: Readonly<Record<string, string>> = {},
): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null)
    throw new QuicUsageError('invalid-option', `${prefix.slice(0, -1) || 'options'} must be an object`);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(known, name)) continue;
    const meant = Object.hasOwn(elsewhere, name) ? elsewhere[name] : nearest(name, prefix, known, groups);
    const advice = meant === undefined ? '' : `; do you mean ${meant}?`;
    throw new QuicUsageError('invalid-option', `there is no option ${prefix}${name.slice(0, 60)}${advice}`);
  }
}

/** The name that needs the fewest changes, if these are few for its length, or whose beginning was written. */
function nearest(
  name: string,
  prefix: string,
  known: Readonly<Record<string, unknown>>,
  groups: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): string | undefined {
  const candidates = Object.keys(known).map((candidate) => ({ candidate, at: prefix }));
  for (const [group, names] of Object.entries(groups))
    candidates.push(...Object.keys(names).map((candidate) => ({ candidate, at: `${group}.` })));
  const written = name.slice(0, 60).toLowerCase();
  let best: string | undefined;
  let fewest = Infinity;
  for (const { candidate, at } of candidates) {
    const asked = candidate.toLowerCase();
    const distance = written.length >= 4 && asked.startsWith(written) ? 1 : changes(written, asked);
    if (distance >= fewest || distance > Math.max(2, candidate.length / 3)) continue;
    fewest = distance;
    best = `${at}${candidate}`;
  }
  return best;
}

/** Letters to insert, delete or replace until `from` is `to`. */
function changes(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
