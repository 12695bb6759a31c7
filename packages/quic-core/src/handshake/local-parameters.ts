import type { CryptoProvider } from '@tsquic/crypto';
import { ACTIVE_ID_LIMIT } from '../ids/peer-ids.ts';
import { defaultParameters, encodeParameters, type TransportParameters } from '../parameters/parameters.ts';
import { reservedVersion } from '../version/reserved.ts';
import type { VersionInformation } from '../version/version-information.ts';
import { parametersOf, type TransportOptions } from '../config/transport-options.ts';

/** The connection IDs in the transport parameters of this end; a client has only the first. RFC 9000 §7.3 */
export interface ConfirmedIds {
  readonly initialSource: Uint8Array;
  readonly originalDestination?: Uint8Array | undefined;
  readonly retrySource?: Uint8Array | undefined;
  readonly resetToken?: Uint8Array | undefined;
  /** The value of preferred_address, from `encodePreferredAddress`. */
  readonly preferredAddress?: Uint8Array | undefined;
}

/** The versions with a reserved one among them, which peers must ignore. RFC 9368 §3 */
function withReserved(versions: readonly number[], random: Uint8Array): number[] {
  const list = [...versions];
  const free = (random[4]! << 24) | (random[5]! << 16) | (random[6]! << 8) | random[7]!;
  list.splice(random[3]! % (list.length + 1), 0, reservedVersion(free));
  return list;
}

/** The encoded transport parameters of this end. RFC 9000 §18 */
export function encodeLocalParameters(
  crypto: CryptoProvider,
  transport: Required<TransportOptions>,
  ackDelayExponent: number,
  { chosen, available }: VersionInformation,
  ids: ConfirmedIds,
): Uint8Array {
  const random = new Uint8Array(8);
  crypto.random(random);
  const parameters: TransportParameters = {
    ...defaultParameters(),
    ...parametersOf(transport),
    originalDestinationConnectionId: ids.originalDestination,
    initialSourceConnectionId: ids.initialSource,
    retrySourceConnectionId: ids.retrySource,
    statelessResetToken: ids.resetToken,
    preferredAddress: ids.preferredAddress,
    ackDelayExponent,
    activeConnectionIdLimit: ACTIVE_ID_LIMIT,
    versionInformation: { chosen, available: withReserved(available, random) },
  };
  return encodeParameters(parameters, random[0]!);
}
