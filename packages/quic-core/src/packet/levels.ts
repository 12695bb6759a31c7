import { Level } from '@tsquic/tls13';
import { PacketType } from '../version/packet-type.ts';

/** Packet number spaces, RFC 9000 §12.3. 0-RTT and 1-RTT packets share the last. */
export const Space = { Initial: 0, Handshake: 1, Application: 2 } as const;
export type Space = (typeof Space)[keyof typeof Space];
export const SPACES: readonly Space[] = [Space.Initial, Space.Handshake, Space.Application];

/** Types of packets that carry frames under the keys of a level. */
export type ProtectedType = Exclude<
  PacketType,
  typeof PacketType.Retry | typeof PacketType.VersionNegotiation
>;

/** RFC 9001 Table 1: the encryption level, its packet type, and its packet number space. */
const TABLE_1: readonly (readonly [Level, ProtectedType, Space])[] = [
  [Level.Initial, PacketType.Initial, Space.Initial],
  [Level.EarlyData, PacketType.ZeroRtt, Space.Application],
  [Level.Handshake, PacketType.Handshake, Space.Handshake],
  [Level.Application, PacketType.OneRtt, Space.Application],
];

/**
 * Levels at which packets are written, in their order in a datagram: the peer then has the keys of each
 * packet when it comes to it. RFC 9000 §12.2
 */
export const WRITTEN_LEVELS: readonly Level[] = [
  Level.Initial,
  Level.EarlyData,
  Level.Handshake,
  Level.Application,
];

const SPACE_OF_LEVEL = column(([level, , space]) => [level, space]);
const TYPE_OF_LEVEL = column(([level, type]) => [level, type]);
const LEVEL_OF_TYPE = column(([level, type]) => [type, level]);
/** Two types share the application data space; packets are sent in it as 1-RTT. */
const TYPE_OF_SPACE = column(([, type, space]) => [space, type]);

/** The packet number space of an encryption level. */
export function spaceOf(level: Level): Space {
  return SPACE_OF_LEVEL[level]!;
}

/** The type of the packets of an encryption level. */
export function typeOf(level: Level): ProtectedType {
  return TYPE_OF_LEVEL[level]!;
}

/** The encryption level of packets of this type. */
export function levelOf(type: ProtectedType): Level {
  return LEVEL_OF_TYPE[type]!;
}

/** The type of the packets that are sent in a packet number space. */
export function typeOfSpace(space: Space): ProtectedType {
  return TYPE_OF_SPACE[space]!;
}

/** Whether packets of this type carry frames: Retry and Version Negotiation do not. */
export function isProtected(type: PacketType): type is ProtectedType {
  return LEVEL_OF_TYPE[type] !== undefined;
}

function column<V>(entry: (row: (typeof TABLE_1)[number]) => readonly [number, V]): readonly V[] {
  const values: V[] = [];
  for (const row of TABLE_1) {
    const [key, value] = entry(row);
    values[key] = value;
  }
  return values;
}
