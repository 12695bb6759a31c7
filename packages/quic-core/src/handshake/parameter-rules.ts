import { equalBytes } from '@tsquic/bytes';
import { TransportCode, TransportError } from '../errors/transport-error.ts';
import { MAX_STREAM_COUNT } from '../frame/flow.ts';
import { BASE_MTU } from '../path/mtu.ts';
import type { TransportParameters } from './parameters.ts';

/** The connection IDs that the handshake has seen, which the peer's parameters must confirm. RFC 9000 §7.3 */
export interface SeenConnectionIds {
  /** Source of the peer's first Initial. */
  readonly peerSource: Uint8Array;
  /** Destination of the client's very first Initial. */
  readonly originalDestination: Uint8Array;
  /** Source of the Retry that was followed, or undefined. */
  readonly retrySource: Uint8Array | undefined;
}

/** Throws TRANSPORT_PARAMETER_ERROR for values out of range, or that a client must not send. RFC 9000 §7.4, §18.2 */
export function checkValues(parameters: TransportParameters, fromClient: boolean): void {
  const p = parameters;
  if (p.maxUdpPayloadSize < BASE_MTU) invalid('max_udp_payload_size below 1200');
  if (p.ackDelayExponent > 20) invalid('ack_delay_exponent above 20');
  if (p.maxAckDelayMs >= 2 ** 14) invalid('max_ack_delay of 2^14 or more');
  if (p.activeConnectionIdLimit < 2) invalid('active_connection_id_limit below 2');
  if (p.initialMaxStreamsBidi > MAX_STREAM_COUNT) invalid('initial_max_streams_bidi above 2^60');
  if (p.initialMaxStreamsUni > MAX_STREAM_COUNT) invalid('initial_max_streams_uni above 2^60');
  if (p.initialSourceConnectionId === undefined) invalid('initial_source_connection_id is missing');
  if (!fromClient) return;
  if (p.originalDestinationConnectionId !== undefined)
    invalid('original_destination_connection_id from a client');
  if (p.preferredAddress !== undefined) invalid('preferred_address from a client');
  if (p.retrySourceConnectionId !== undefined) invalid('retry_source_connection_id from a client');
  if (p.statelessResetToken !== undefined) invalid('stateless_reset_token from a client');
}

/** Throws TRANSPORT_PARAMETER_ERROR when the parameters do not confirm the IDs that packets carried. RFC 9000 §7.3 */
export function checkConnectionIds(
  parameters: TransportParameters,
  seen: SeenConnectionIds,
  fromClient: boolean,
): void {
  if (!same(parameters.initialSourceConnectionId, seen.peerSource))
    invalid('initial_source_connection_id is not the one in use');
  if (fromClient) return;
  if (parameters.preferredAddress !== undefined && seen.peerSource.length === 0)
    invalid('preferred_address from a server without connection IDs');
  if (!same(parameters.originalDestinationConnectionId, seen.originalDestination))
    invalid('original_destination_connection_id is not what we sent');
  if (!same(parameters.retrySourceConnectionId, seen.retrySource))
    invalid('retry_source_connection_id does not match the Retry');
}

function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}

function invalid(reason: string): never {
  throw new TransportError(TransportCode.TransportParameter, 0, reason);
}
