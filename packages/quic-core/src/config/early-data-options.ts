import { concatBytes, equalBytes } from '@tsquic/bytes';
import { QuicUsageError } from '../errors/usage-error.ts';
import { ACTIVE_ID_LIMIT } from '../ids/peer-ids.ts';
import { defaultParameters } from '../parameters/parameters.ts';
import { decodeLimits, encodeLimits, reducedLimit, type RememberedLimits } from '../parameters/remembered.ts';
import { ProcessReplayStore, type ReplayStore } from '../tokens/replay-store.ts';
import { checkOptionNames, type OptionNames } from './option-names.ts';
import { parametersOf, type TransportOptions } from './transport-options.ts';

/** How a server accepts data in 0-RTT packets, which an attacker could replay. RFC 9001 §9.2 */
export interface EarlyDataOptions {
  /**
   * When the program hears of it: 'at-once', with its streams marked as `early`; or 'after-handshake', when no replay can be
   * the reason for it any more. Default 'at-once'.
   */
  readonly delivery?: 'at-once' | 'after-handshake';
  /**
   * What knows which tickets were used already. 'ask' asks the program by `early-data-use` events, for stores that several
   * processes share and that answer later: the data waits until the answer is there, or the handshake is complete, which
   * no replay completes. Default: a store of this context.
   */
  readonly replayStore?: ReplayStore | 'ask';
  /**
   * What the application protocol agreed on that its clients remember, as bytes of its own: 0-RTT with tickets made under
   * others is rejected. RFC 9001 §4.6. Default: empty.
   */
  readonly applicationSettings?: Uint8Array;
}

/** The options with their defaults, and what goes into tickets. */
export interface EarlyDataSettings {
  readonly isHeld: boolean;
  readonly replayStore: ReplayStore | 'ask';
  /** What tickets keep: the limits that clients remember, and the application's settings. */
  readonly context: Uint8Array;
}

/** Names of `EarlyDataOptions`. */
const EARLY_DATA_OPTION_NAMES: OptionNames<EarlyDataOptions> = {
  delivery: true,
  replayStore: true,
  applicationSettings: true,
};

const NO_BYTES = new Uint8Array(0);

/** Undefined where 0-RTT is off. Throws `QuicUsageError` for values that make no sense. */
export function earlyDataSettings(
  option: boolean | EarlyDataOptions | undefined,
  transport: Required<TransportOptions>,
  sharesTickets: boolean,
): EarlyDataSettings | undefined {
  if (option === undefined || option === false) return undefined;
  const options = option === true ? {} : option;
  checkOptionNames('earlyData.', options, EARLY_DATA_OPTION_NAMES);
  const { delivery = 'at-once', replayStore, applicationSettings = NO_BYTES } = options;
  if (delivery !== 'at-once' && delivery !== 'after-handshake')
    invalid(`delivery must be 'at-once' or 'after-handshake', not ${String(delivery)}`);
  if (replayStore !== undefined && replayStore !== 'ask' && typeof replayStore?.use !== 'function')
    invalid("replayStore must be 'ask', or have a method use");
  if (!(applicationSettings instanceof Uint8Array) || applicationSettings.length > MAX_SETTINGS_BYTES)
    invalid(`applicationSettings must be at most ${MAX_SETTINGS_BYTES} bytes`);
  return {
    isHeld: delivery === 'after-handshake',
    replayStore: replayStore ?? new ProcessReplayStore(sharesTickets),
    context: concatBytes(encodeLimits(limitsOf(transport)), applicationSettings),
  };
}

/** The same where the transport options of one connection are others. */
export function earlyDataUnder(
  settings: EarlyDataSettings | undefined,
  transport: Required<TransportOptions>,
): EarlyDataSettings | undefined {
  if (settings === undefined) return undefined;
  const { rest } = decodeLimits(settings.context)!;
  return { ...settings, context: concatBytes(encodeLimits(limitsOf(transport)), rest) };
}

/** Whether a client may send by what a ticket has made it remember. RFC 9000 §7.4.1 */
export function suitsTicket({ context }: EarlyDataSettings, ofTicket: Uint8Array): boolean {
  const now = decodeLimits(context)!;
  const before = decodeLimits(ofTicket);
  if (before === undefined || !equalBytes(before.rest, now.rest)) return false;
  return reducedLimit(before.limits, now.limits) === undefined;
}

function limitsOf(transport: Required<TransportOptions>): RememberedLimits {
  return { ...defaultParameters(), ...parametersOf(transport), activeConnectionIdLimit: ACTIVE_ID_LIMIT };
}

function invalid(message: string): never {
  throw new QuicUsageError('invalid-option', `earlyData: ${message}`);
}

/** A ticket carries them, in a ClientHello that should fit into a datagram. */
const MAX_SETTINGS_BYTES = 255;
