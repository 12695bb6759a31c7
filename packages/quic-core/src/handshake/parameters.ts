import { ByteReader, concatBytes, encodeVarint, MAX_VARINT, toHex } from '@tsquic/bytes';
import { TransportCode, TransportError } from '../errors/transport-error.ts';
import { decodeStreamCount } from '../frame/flow.ts';
import type { IssuedId } from '../ids/registry.ts';
import { MAX_CONNECTION_ID_LENGTH } from '../packet/header.ts';
import { RESET_TOKEN_LENGTH } from '../packet/stateless-reset.ts';

/** Transport parameters with the defaults that stand for absence. RFC 9000 §18.2 */
export interface TransportParameters {
  originalDestinationConnectionId: Uint8Array | undefined;
  /** Milliseconds; 0 for none. */
  maxIdleTimeoutMs: number;
  statelessResetToken: Uint8Array | undefined;
  maxUdpPayloadSize: number;
  initialMaxData: number;
  initialMaxStreamDataBidiLocal: number;
  initialMaxStreamDataBidiRemote: number;
  initialMaxStreamDataUni: number;
  initialMaxStreamsBidi: number;
  initialMaxStreamsUni: number;
  ackDelayExponent: number;
  maxAckDelayMs: number;
  disableActiveMigration: boolean;
  /** As on the wire. Of use here is only the connection ID in it: `preferredId`. */
  preferredAddress: Uint8Array | undefined;
  activeConnectionIdLimit: number;
  initialSourceConnectionId: Uint8Array | undefined;
  retrySourceConnectionId: Uint8Array | undefined;
}

type IntegerName = {
  [K in keyof TransportParameters]: TransportParameters[K] extends number ? K : never;
}[keyof TransportParameters];
type BytesName = {
  [K in keyof TransportParameters]: Uint8Array extends TransportParameters[K] ? K : never;
}[keyof TransportParameters];

const INTEGERS: ReadonlyMap<number, IntegerName> = new Map([
  [0x01, 'maxIdleTimeoutMs'],
  [0x03, 'maxUdpPayloadSize'],
  [0x04, 'initialMaxData'],
  [0x05, 'initialMaxStreamDataBidiLocal'],
  [0x06, 'initialMaxStreamDataBidiRemote'],
  [0x07, 'initialMaxStreamDataUni'],
  [0x08, 'initialMaxStreamsBidi'],
  [0x09, 'initialMaxStreamsUni'],
  [0x0a, 'ackDelayExponent'],
  [0x0b, 'maxAckDelayMs'],
  [0x0e, 'activeConnectionIdLimit'],
]);

const BYTES: ReadonlyMap<number, BytesName> = new Map([
  [0x00, 'originalDestinationConnectionId'],
  [0x02, 'statelessResetToken'],
  [0x0d, 'preferredAddress'],
  [0x0f, 'initialSourceConnectionId'],
  [0x10, 'retrySourceConnectionId'],
]);

const DISABLE_ACTIVE_MIGRATION = 0x0c;
/** Where the connection ID stands in a preferred address, after two addresses with ports and its length. RFC 9000 §18.2 */
const PREFERRED_ID_AT = 6 + 18 + 1;

/** What a peer that sends nothing means. RFC 9000 §18.2 */
export function defaultParameters(): TransportParameters {
  return {
    originalDestinationConnectionId: undefined,
    maxIdleTimeoutMs: 0,
    statelessResetToken: undefined,
    maxUdpPayloadSize: 65_527,
    initialMaxData: 0,
    initialMaxStreamDataBidiLocal: 0,
    initialMaxStreamDataBidiRemote: 0,
    initialMaxStreamDataUni: 0,
    initialMaxStreamsBidi: 0,
    initialMaxStreamsUni: 0,
    ackDelayExponent: 3,
    maxAckDelayMs: 25,
    disableActiveMigration: false,
    preferredAddress: undefined,
    activeConnectionIdLimit: 2,
    initialSourceConnectionId: undefined,
    retrySourceConnectionId: undefined,
  };
}

/**
 * The extension's bytes. Values equal to their defaults are left out.
 *
 * @param grease - picks a reserved parameter that every peer must ignore. RFC 9000 §18.1
 */
export function encodeParameters(parameters: TransportParameters, grease: number): Uint8Array {
  const defaults = defaultParameters();
  const parts: Uint8Array[] = [];
  const add = (id: number, value: Uint8Array): void => {
    parts.push(encodeVarint(id), encodeVarint(value.length), value);
  };
  for (const [id, name] of INTEGERS)
    if (parameters[name] !== defaults[name]) add(id, encodeVarint(parameters[name]));
  for (const [id, name] of BYTES) {
    const value = parameters[name];
    if (value !== undefined) add(id, value);
  }
  if (parameters.disableActiveMigration) add(DISABLE_ACTIVE_MIGRATION, new Uint8Array(0));
  add(31 * grease + 27, Uint8Array.of(grease & 0xff));
  return concatBytes(...parts);
}

/** Parse the extension. Throws TRANSPORT_PARAMETER_ERROR for anything malformed. RFC 9000 §7.4, §18 */
export function decodeParameters(bytes: Uint8Array): TransportParameters {
  const parameters = defaultParameters();
  const reader = new ByteReader(bytes);
  const seen = new Set<string>();
  while (reader.remaining > 0) {
    const at = reader.position;
    const id = reader.varint();
    // Strings: a peer chooses these numbers. Those that a number cannot tell apart have one encoding each.
    const name = id < MAX_VARINT ? `0x${id.toString(16)}` : toHex(bytes.subarray(at, reader.position));
    const value = reader.copy(reader.varint());
    if (reader.truncated) invalid('truncated');
    if (seen.has(name)) invalid(`${name} twice`);
    seen.add(name);
    decodeOne(parameters, id, value);
  }
  return parameters;
}

/** The connection ID of a preferred address, and its reset token. RFC 9000 §18.2 */
export function preferredId(preferredAddress: Uint8Array): IssuedId {
  const tokenAt = preferredAddress.length - RESET_TOKEN_LENGTH;
  return {
    connectionId: preferredAddress.slice(PREFERRED_ID_AT, tokenAt),
    resetToken: preferredAddress.slice(tokenAt),
  };
}

function decodeOne(parameters: TransportParameters, id: number, value: Uint8Array): void {
  const integer = INTEGERS.get(id);
  if (integer !== undefined) {
    const reader = new ByteReader(value);
    const isStreamCount = integer === 'initialMaxStreamsBidi' || integer === 'initialMaxStreamsUni';
    parameters[integer] = isStreamCount ? decodeStreamCount(reader) : reader.varint();
    if (reader.truncated || reader.remaining > 0) invalid(`${integer} is not one integer`);
    return;
  }
  const name = BYTES.get(id);
  if (name !== undefined) {
    checkLength(name, value);
    parameters[name] = value;
    return;
  }
  if (id !== DISABLE_ACTIVE_MIGRATION) return;
  if (value.length !== 0) invalid('disable_active_migration has a value');
  parameters.disableActiveMigration = true;
}

function checkLength(name: BytesName, value: Uint8Array): void {
  const { length } = value;
  const wrong =
    name === 'statelessResetToken'
      ? length !== RESET_TOKEN_LENGTH
      : name === 'preferredAddress'
        ? !isPreferredAddress(value)
        : length > MAX_CONNECTION_ID_LENGTH;
  if (wrong) invalid(`${name} of ${length} bytes`);
}

function isPreferredAddress(value: Uint8Array): boolean {
  const idLength = value[PREFERRED_ID_AT - 1] ?? 0;
  if (idLength < 1 || idLength > MAX_CONNECTION_ID_LENGTH) return false;
  return value.length === PREFERRED_ID_AT + idLength + RESET_TOKEN_LENGTH;
}

function invalid(reason: string): never {
  throw new TransportError(TransportCode.TransportParameter, 0, `transport parameters: ${reason}`);
}
