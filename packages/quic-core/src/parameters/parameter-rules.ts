import { equalBytes } from '@tsquic/bytes';
import { parameterError } from '../errors/transport-error.ts';
import { MAX_STREAM_COUNT } from '../frame/flow.ts';
import { BASE_MTU } from '../packet/datagram-size.ts';
import type { TransportParameters } from './parameters.ts';

/**
 * The connection IDs seen during the handshake, which the peer's transport parameters must repeat. RFC 9000
 * §7.3
 */
export interface SeenConnectionIds {
  /** Source Connection ID of the peer's first Initial packet. */
  readonly peerSource: Uint8Array;
  /** Destination Connection ID of the client's first Initial packet. */
  readonly originalDestination: Uint8Array;
  /** Source Connection ID of the Retry packet that was accepted, or undefined. */
  readonly retrySource: Uint8Array | undefined;
}

/** Throws TRANSPORT_PARAMETER_ERROR for values out of range, or that a client must not send. RFC 9000 §7.4, §18.2 */
export function checkValues(parameters: TransportParameters, fromClient: boolean): void {
  const p = parameters;
  if (p.maxUdpPayloadSize < BASE_MTU) parameterError('max_udp_payload_size below 1200');
  if (p.ackDelayExponent > 20) parameterError('ack_delay_exponent above 20');
  if (p.maxAckDelayMs >= 2 ** 14) parameterError('max_ack_delay of 2^14 or more');
  // min_ack_delay is in microseconds, max_ack_delay in milliseconds. draft-ietf-quic-ack-frequency §3
  if (p.minAckDelayUs > p.maxAckDelayMs * 1000) parameterError('min_ack_delay above max_ack_delay');
  if (p.activeConnectionIdLimit < 2) parameterError('active_connection_id_limit below 2');
  if (p.initialMaxStreamsBidi > MAX_STREAM_COUNT) parameterError('initial_max_streams_bidi above 2^60');
  if (p.initialMaxStreamsUni > MAX_STREAM_COUNT) parameterError('initial_max_streams_uni above 2^60');
  if (p.initialSourceConnectionId === undefined) parameterError('initial_source_connection_id is missing');
  // Only a server may send the following parameters. RFC 9000 §18.2
  if (!fromClient) return;
  if (p.originalDestinationConnectionId !== undefined)
    parameterError('original_destination_connection_id from a client');
  if (p.preferredAddress !== undefined) parameterError('preferred_address from a client');
  if (p.retrySourceConnectionId !== undefined) parameterError('retry_source_connection_id from a client');
  if (p.statelessResetToken !== undefined) parameterError('stateless_reset_token from a client');
}

/**
 * Throws TRANSPORT_PARAMETER_ERROR when the parameters do not repeat the IDs of the handshake's packets.
 * RFC 9000 §7.3
 */
export function checkConnectionIds(
  parameters: TransportParameters,
  seen: SeenConnectionIds,
  fromClient: boolean,
): void {
  if (!same(parameters.initialSourceConnectionId, seen.peerSource))
    parameterError('initial_source_connection_id is not the one in use');
  if (fromClient) return;
  if (parameters.preferredAddress !== undefined && seen.peerSource.length === 0)
    parameterError('preferred_address from a server without connection IDs');
  if (!same(parameters.originalDestinationConnectionId, seen.originalDestination))
    parameterError('original_destination_connection_id is not what we sent');
  if (!same(parameters.retrySourceConnectionId, seen.retrySource))
    parameterError('retry_source_connection_id does not match the Retry');
}

function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}
