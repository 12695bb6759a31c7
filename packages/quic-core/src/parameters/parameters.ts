import { ByteReader, concatBytes, encodeVarint, MAX_VARINT, toHex } from '@tsquic/bytes';
import { parameterError } from '../errors/transport-error.ts';
import { decodeStreamCount } from '../frame/flow.ts';
import { MAX_CONNECTION_ID_LENGTH } from '../packet/header.ts';
import { RESET_TOKEN_LENGTH } from '../packet/stateless-reset.ts';
import { isPreferredAddress } from './preferred-address.ts';
import {
  decodeVersionInformation,
  encodeVersionInformation,
  type VersionInformation,
} from '../version/version-information.ts';

/** Transport parameters; absent ones have their default values. RFC 9000 §18.2 */
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
  /** The encoded value, which `decodePreferredAddress` reads. */
  preferredAddress: Uint8Array | undefined;
  activeConnectionIdLimit: number;
  initialSourceConnectionId: Uint8Array | undefined;
  retrySourceConnectionId: Uint8Array | undefined;
  /** Whether the endpoint accepts packets with any value of the QUIC bit. RFC 9287 §3 */
  greaseQuicBit: boolean;
  /** RFC 9368 §3 */
  versionInformation: VersionInformation | undefined;
  /**
   * Shortest max_ack_delay that may be requested, microseconds; -1 when the endpoint accepts no
   * ACK_FREQUENCY. draft-ietf-quic-ack-frequency §3
   */
  minAckDelayUs: number;
  /** Largest DATAGRAM frame that is accepted, bytes; 0 for none. RFC 9221 §3 */
  maxDatagramFrameSize: number;
  /**
   * Largest path ID that the endpoint lets be used; -1 when it does not offer multipath.
   * draft-ietf-quic-multipath §2.1
   */
  initialMaxPathId: number;
  /** Whether RESET_STREAM_AT is accepted. draft-ietf-quic-reliable-stream-reset §3 */
  resetStreamAt: boolean;
}

type IntegerName = {
  [K in keyof TransportParameters]: TransportParameters[K] extends number ? K : never;
}[keyof TransportParameters];
type BytesName = {
  [K in keyof TransportParameters]: Uint8Array extends TransportParameters[K] ? K : never;
}[keyof TransportParameters];
type FlagName = {
  [K in keyof TransportParameters]: TransportParameters[K] extends boolean ? K : never;
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
  [0x20, 'maxDatagramFrameSize'],
  [0x3e, 'initialMaxPathId'],
  [0xff04de1b, 'minAckDelayUs'],
]);

const BYTES: ReadonlyMap<number, BytesName> = new Map([
  [0x00, 'originalDestinationConnectionId'],
  [0x02, 'statelessResetToken'],
  [0x0d, 'preferredAddress'],
  [0x0f, 'initialSourceConnectionId'],
  [0x10, 'retrySourceConnectionId'],
]);

const VERSION_INFORMATION = 0x11;
/** Parameters without a value, which are true when present. */
const FLAGS: ReadonlyMap<number, FlagName> = new Map([
  [0x0c, 'disableActiveMigration'],
  [0x1d, 'resetStreamAt'],
  [0x2ab2, 'greaseQuicBit'],
]);
/** The number of reset_stream_at in the drafts that picoquic implements. */
const EARLY_RESET_STREAM_AT = 0x17f7586d2cb571;

/** The values of absent parameters. RFC 9000 §18.2 */
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
    greaseQuicBit: false,
    versionInformation: undefined,
    maxDatagramFrameSize: 0,
    resetStreamAt: false,
    minAckDelayUs: -1,
    initialMaxPathId: -1,
  };
}

/**
 * Encode the parameters. Values equal to their defaults are left out.
 *
 * @param grease - chooses a reserved parameter, which every peer must ignore. RFC 9000 §18.1
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
  const { versionInformation } = parameters;
  if (versionInformation !== undefined)
    add(VERSION_INFORMATION, encodeVersionInformation(versionInformation));
  for (const [id, name] of FLAGS) if (parameters[name]) add(id, new Uint8Array(0));
  add(31 * grease + 27, Uint8Array.of(grease & 0xff));
  return concatBytes(...parts);
}

/** Decode the parameters. Throws TRANSPORT_PARAMETER_ERROR when they are malformed. RFC 9000 §7.4, §18 */
export function decodeParameters(bytes: Uint8Array): TransportParameters {
  const parameters = defaultParameters();
  const reader = new ByteReader(bytes);
  const seen = new Set<string>();
  while (reader.remaining > 0) {
    const at = reader.position;
    const id = reader.varint();
    // The set holds strings, because a peer chooses the IDs and engines hash numbers without a seed. Above
    // 2^53 a number is not exact, but such IDs have only one encoding, which serves instead.
    const name = id < MAX_VARINT ? `0x${id.toString(16)}` : toHex(bytes.subarray(at, reader.position));
    const value = reader.copy(reader.varint());
    if (reader.truncated) parameterError('truncated');
    if (seen.has(name)) parameterError(`${name} twice`);
    seen.add(name);
    decodeOne(parameters, id, value);
  }
  return parameters;
}

function decodeOne(parameters: TransportParameters, id: number, value: Uint8Array): void {
  const integer = INTEGERS.get(id);
  if (integer !== undefined) {
    const reader = new ByteReader(value);
    const isStreamCount = integer === 'initialMaxStreamsBidi' || integer === 'initialMaxStreamsUni';
    parameters[integer] = isStreamCount ? decodeStreamCount(reader) : reader.varint();
    if (reader.truncated || reader.remaining > 0) parameterError(`${integer} is not one integer`);
    return;
  }
  const name = BYTES.get(id);
  if (name !== undefined) {
    checkLength(name, value);
    parameters[name] = value;
    return;
  }
  if (id === VERSION_INFORMATION) parameters.versionInformation = decodeVersionInformation(value);
  const flag = id === EARLY_RESET_STREAM_AT ? 'resetStreamAt' : FLAGS.get(id);
  if (flag === undefined) return;
  if (value.length !== 0) parameterError(`${flag} has a value`);
  parameters[flag] = true;
}

function checkLength(name: BytesName, value: Uint8Array): void {
  const { length } = value;
  const wrong =
    name === 'statelessResetToken'
      ? length !== RESET_TOKEN_LENGTH
      : name === 'preferredAddress'
        ? !isPreferredAddress(value)
        : length > MAX_CONNECTION_ID_LENGTH;
  if (wrong) parameterError(`${name} of ${length} bytes`);
}
