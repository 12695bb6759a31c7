import { Level } from '@tsquic/tls13';
import type { Keys } from '../keys/keys.ts';
import type { Multipath } from '../multipath/multipath.ts';
import { isAnyOpen } from '../multipath/scheduler.ts';
import { spaceOf, WRITTEN_LEVELS } from '../packet/levels.ts';
import type { Path } from '../path/path.ts';
import type { Paths } from '../path/paths.ts';
import { MIN_DATAGRAM } from '../recovery/allowance.ts';
import type { PacketSpace } from '../spaces/packet-space.ts';
import type { PacketSpaces } from '../spaces/spaces.ts';

/** The parts that tell which packets may be written, and which acknowledgements are due. */
export interface AckingParts {
  readonly keys: Keys;
  readonly spaces: PacketSpaces;
  readonly paths: Paths;
  readonly handshake: { readonly confirmed: boolean };
  readonly multipath: Multipath | undefined;
}

/** When an acknowledgement that can be sent at all must leave, or Infinity. */
export function ackDueUs(parts: AckingParts, nowUs: number): number {
  const { multipath, paths } = parts;
  if (multipath?.isRunning !== true) return ackDueOn(parts, paths.active);
  let dueUs = Infinity;
  for (const { parts: own } of multipath.open) {
    const { active } = own!.paths;
    if (active.destination !== undefined) dueUs = Math.min(dueUs, ackDueOn(parts, active));
  }
  const foreignUs = multipath.announcements.ackDueUs;
  return foreignUs < dueUs && isAnyOpen(multipath.open, multipath.order.arrange(nowUs)) ? foreignUs : dueUs;
}

/** When an acknowledgement is due in packets of this level that cannot leave on its own path. */
export function foreignAckDueUs({ multipath }: Pick<AckingParts, 'multipath'>, level: Level): number {
  if (multipath?.isRunning !== true || level !== Level.Application) return Infinity;
  return multipath.announcements.ackDueUs;
}

function ackDueOn(parts: AckingParts, path: Path): number {
  let dueUs = Infinity;
  // Only a packet from the peer lifts the amplification limit, so no timer is set for it. RFC 9000 §8.1
  if (path.amplification.room < MIN_DATAGRAM) return dueUs;
  // The other packet number spaces are discarded by then. RFC 9001 §4.9
  if (parts.handshake.confirmed) return path.space.receiving.policy.dueUs;
  for (let i = 0; i < WRITTEN_LEVELS.length; i++) {
    const space = spaceToWrite(parts, WRITTEN_LEVELS[i]!, path);
    if (space !== undefined) dueUs = Math.min(dueUs, space.receiving.policy.dueUs);
  }
  return dueUs;
}

/** The space of the packets that may be written at a level, if they may. */
export function spaceToWrite(
  { keys, spaces }: Pick<AckingParts, 'keys' | 'spaces'>,
  level: Level,
  path: Path,
): PacketSpace | undefined {
  return keys.canWrite(level) ? spaces.at(spaceOf(level), path) : undefined;
}
