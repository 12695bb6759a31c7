import type { CryptoProvider } from '@tsquic/crypto';
import type { TransportOptions } from '../context/config.ts';
import { ACTIVE_ID_LIMIT } from '../ids/peer-ids.ts';
import { defaultParameters, encodeParameters, type TransportParameters } from './parameters.ts';

/** Connection IDs that our parameters confirm to the peer; a client has only the first. RFC 9000 §7.3 */
export interface ConfirmedIds {
  readonly initialSource: Uint8Array;
  readonly originalDestination?: Uint8Array | undefined;
  readonly retrySource?: Uint8Array | undefined;
  readonly resetToken?: Uint8Array | undefined;
}

/** Our transport parameters as bytes for TLS. RFC 9000 §18 */
export function encodeLocalParameters(
  crypto: CryptoProvider,
  transport: Required<TransportOptions>,
  ackDelayExponent: number,
  ids: ConfirmedIds,
): Uint8Array {
  const parameters: TransportParameters = {
    ...defaultParameters(),
    originalDestinationConnectionId: ids.originalDestination,
    initialSourceConnectionId: ids.initialSource,
    retrySourceConnectionId: ids.retrySource,
    statelessResetToken: ids.resetToken,
    maxIdleTimeoutMs: transport.idleTimeoutMs,
    initialMaxData: transport.connectionWindowBytes,
    initialMaxStreamDataBidiLocal: transport.streamWindowBytes,
    initialMaxStreamDataBidiRemote: transport.streamWindowBytes,
    initialMaxStreamDataUni: transport.streamWindowBytes,
    initialMaxStreamsBidi: transport.maxBidirectionalStreams,
    initialMaxStreamsUni: transport.maxUnidirectionalStreams,
    ackDelayExponent,
    maxAckDelayMs: transport.maxAckDelayMs,
    activeConnectionIdLimit: ACTIVE_ID_LIMIT,
  };
  const grease = new Uint8Array(1);
  crypto.random(grease);
  return encodeParameters(parameters, grease[0]!);
}
