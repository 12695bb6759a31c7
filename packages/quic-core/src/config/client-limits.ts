import { type AddressLimits, DEFAULT_ADDRESS_LIMITS } from './admission.ts';
import { checkAddressLimits, given } from './accepted.ts';
import type { QuicContextOptions } from './config.ts';
import { ADDRESS_LIMIT_NAMES, checkOptionNames, type OptionNames } from './option-names.ts';
import { inRange } from './range.ts';

/** How many clients a server lets in: options of `createQuicContext` that may change while it runs. */
export type ClientLimitOptions = Pick<QuicContextOptions, 'maxConnections' | 'perAddress'>;

const CLIENT_LIMIT_NAMES: OptionNames<ClientLimitOptions> = { maxConnections: true, perAddress: true };
const MAX_CONNECTIONS = 65_536;

/** The limits on connections in force. RFC 9000 §5.2.2 */
export class ClientLimits {
  maxConnections: number = MAX_CONNECTIONS;
  perAddress: Required<AddressLimits> = DEFAULT_ADDRESS_LIMITS;

  /** Throws `QuicUsageError` for limits that make no sense. */
  constructor({ maxConnections, perAddress }: ClientLimitOptions) {
    this.change({ maxConnections, perAddress });
  }

  /**
   * Other limits are in force from now on; what is left out stays. `perAddress` is replaced as a whole. Throws
   * `QuicUsageError` for limits that make no sense, and changes nothing.
   */
  change(options: { readonly [K in keyof ClientLimitOptions]: ClientLimitOptions[K] | undefined }): void {
    checkOptionNames('', options, CLIENT_LIMIT_NAMES, { perAddress: ADDRESS_LIMIT_NAMES });
    const { maxConnections = this.maxConnections, perAddress } = options;
    checkOptionNames('perAddress.', perAddress, ADDRESS_LIMIT_NAMES);
    inRange('maxConnections', maxConnections, 0, Number.MAX_SAFE_INTEGER);
    checkAddressLimits(perAddress);
    this.maxConnections = maxConnections;
    if (perAddress !== undefined) this.perAddress = { ...DEFAULT_ADDRESS_LIMITS, ...given(perAddress) };
  }
}
