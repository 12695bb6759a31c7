import { Migration } from '../path/migration.ts';
import type { Path } from '../path/path.ts';
import { type PathChange, Paths } from '../path/paths.ts';
import type { NumberedPath, PathParts } from '../multipath/numbered-path.ts';
import type { PathAddresses } from '../multipath/multipath.ts';
import type { AskedDelay } from '../recovery/ack-frequency.ts';
import { FactRouter } from '../recovery/facts.ts';
import { ProbeTimeout } from '../recovery/pto.ts';
import { Recovery } from '../recovery/recovery.ts';
import { PacketSpaces } from '../spaces/spaces.ts';
import { lossWatcher } from './loss-watcher.ts';
import type { ConnectionParts } from './parts.ts';
import type { ConnectionSurroundings } from './surroundings.ts';

/**
 * The parts of a path after the first: addresses, whose validation begins, a packet number space and recovery
 * of its own. draft-ietf-quic-multipath §1, §3.1
 */
export function createPathParts(
  parts: ConnectionParts,
  { settings, workbench }: ConnectionSurroundings,
  { id, localIds, peerIds }: NumberedPath,
  { local, remote, interfaceIndex }: PathAddresses,
  nowUs: number,
): PathParts {
  const { isClient, handshake, ackFrequency } = parts;
  const { transport, ackDelayExponent, randomBelow, random } = settings;
  const spaces = new PacketSpaces(transport.maxAckDelayMs * 1000, ackDelayExponent, randomBelow, id);
  const defaults = { ...parts.paths.defaults, space: spaces.application };
  const paths = new Paths(remote, local, interfaceIndex, isClient, peerIds, defaults, random, nowUs);
  const migration = new Migration(paths, isClient);
  paths.tell = (change, path, atUs) => onPath(parts, migration, id, change, path, atUs);
  const facts = new FactRouter(parts, paths);
  const pto = new ProbeTimeout(paths, spaces, handshake);
  const { maxUdpPayloadSize, maxAckDelayMs, ackDelayExponent: peerExponent } = parts.multipath!.peer;
  const asked = ackFrequency === undefined ? undefined : new LaterDelay(ackFrequency, maxAckDelayMs * 1000);
  const watcher = lossWatcher(parts.id, settings.tracer, id);
  const recovery = new Recovery(paths, spaces, facts, pto, workbench.reports, watcher, asked);
  recovery.onPeerDelays(maxAckDelayMs * 1000, peerExponent);
  paths.isBound = parts.paths.isBound;
  paths.onConfirmed(maxUdpPayloadSize, recovery.maxAckDelayUs);
  return { paths, migration, recovery, localIds, peerIds };
}

/**
 * Requests leave on path 0, and the peer may follow them on that path alone: on others, a shorter delay than its max_ack_delay
 * cannot be relied on.
 */
class LaterDelay implements AskedDelay {
  private readonly frequency: AskedDelay;
  private readonly parameterUs: number;

  constructor(frequency: AskedDelay, parameterUs: number) {
    this.frequency = frequency;
    this.parameterUs = parameterUs;
  }

  get maxAckDelayUs(): number {
    return Math.max(this.frequency.maxAckDelayUs, this.parameterUs);
  }
}

function onPath(
  parts: ConnectionParts,
  migration: Migration,
  pathId: number,
  change: PathChange,
  path: Path,
  nowUs: number,
): void {
  const { local, remote } = path;
  parts.emit({ type: 'path', change, pathId, local, remote });
  migration.onChange(change, path, nowUs);
}
