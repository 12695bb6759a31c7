import { ByteReader, concatBytes, encodeVarint } from '@tsquic/bytes';
import { TransportError } from '../errors/transport-error.ts';
import { decodeParameters, defaultParameters, type TransportParameters } from './parameters.ts';

/**
 * Limits that a client keeps to in 0-RTT, and extensions that it uses there: a server that accepts 0-RTT must
 * not lower them. RFC 9000 §7.4.1, RFC 9221 §3, draft-ietf-quic-reliable-stream-reset §3
 */
const LIMITS = [
  'activeConnectionIdLimit',
  'initialMaxData',
  'initialMaxStreamDataBidiLocal',
  'initialMaxStreamDataBidiRemote',
  'initialMaxStreamDataUni',
  'initialMaxStreamsBidi',
  'initialMaxStreamsUni',
  'maxDatagramFrameSize',
  'resetStreamAt',
] as const;

export type RememberedLimits = Pick<TransportParameters, (typeof LIMITS)[number]>;

/**
 * The server's transport parameters of an earlier connection as a client uses them in 0-RTT: without those
 * that belong to that connection alone, and without delays of acknowledgements, and without
 * multipath (draft-ietf-quic-multipath §2.1). Undefined for bytes that are
 * not valid parameters. RFC 9000 §7.4.1
 */
export function rememberedParameters(bytes: Uint8Array): TransportParameters | undefined {
  try {
    const defaults = defaultParameters();
    return {
      ...decodeParameters(bytes),
      ackDelayExponent: defaults.ackDelayExponent,
      maxAckDelayMs: defaults.maxAckDelayMs,
      minAckDelayUs: defaults.minAckDelayUs,
      initialMaxPathId: defaults.initialMaxPathId,
      initialSourceConnectionId: undefined,
      originalDestinationConnectionId: undefined,
      preferredAddress: undefined,
      retrySourceConnectionId: undefined,
      statelessResetToken: undefined,
    };
  } catch (error) {
    if (error instanceof TransportError) return undefined;
    throw error;
  }
}

/** The first limit that is lower now than before, or undefined. RFC 9000 §7.4.1 */
export function reducedLimit(before: RememberedLimits, now: RememberedLimits): string | undefined {
  return LIMITS.find((name) => now[name] < before[name]);
}

/** Encode the limits for a ticket. */
export function encodeLimits(limits: RememberedLimits): Uint8Array {
  return concatBytes(...LIMITS.map((name) => encodeVarint(Number(limits[name]))));
}

/**
 * Decode limits from the beginning of a ticket's bytes; returns them and the bytes after them, or undefined
 * when they are not in this format.
 */
export function decodeLimits(
  bytes: Uint8Array,
): { readonly limits: RememberedLimits; readonly rest: Uint8Array } | undefined {
  const reader = new ByteReader(bytes);
  const numbers = LIMITS.map((name) => [name, reader.varint()] as const);
  const limits = Object.fromEntries(
    numbers.map(([name, value]) => [name, name === 'resetStreamAt' ? value === 1 : value]),
  ) as unknown;
  if (reader.truncated) return undefined;
  return { limits: limits as RememberedLimits, rest: reader.copy(reader.remaining) };
}
