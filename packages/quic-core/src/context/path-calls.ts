import type { Connection } from '../connection/connection.ts';
import { QualityWatch } from '../connection/quality-watch.ts';
import { QuicUsageError } from '../errors/usage-error.ts';
import { AbandonCode } from '../multipath/multipath.ts';
import type { NumberedPath, PathParts } from '../multipath/numbered-path.ts';
import { sameAddress } from '../path/address.ts';
import type { Migration, Move } from '../path/migration.ts';
import { checkedMove } from './client-path.ts';
import type { ClientPath, MovedPath, PathStatistics, PathThresholds, PathWish } from './handles.ts';
import { pathStatistics } from './path-statistics.ts';

/** Open a path for a program; see `QuicConnection.openPath`. */
export function openPath({ parts }: Connection, path: ClientPath): number | undefined {
  const { multipath, closeState, migration, paths } = parts;
  const { active } = (multipath?.best ?? parts).paths;
  const { local, remote, interfaceIndex } = checkedMove(path, parts, active);
  if (closeState.active || multipath?.isRunning !== true) return undefined;
  // A server that forbids migration forbids further paths to the address of the handshake.
  // draft-ietf-quic-multipath §2.2
  const isBound = multipath.peer.disableActiveMigration;
  if (isBound && sameAddress(remote, paths.active.remote) && !migration.hasMoved) return undefined;
  return multipath.openPath({ local, remote, interfaceIndex }, parts.nowUs())?.id;
}

/**
 * Move a path of a program to other addresses; see `QuicConnection.migrate` and `probe`. False where the path is over, and
 * where it may not move.
 */
export function movePath(
  { parts }: Connection,
  { pathId, ...addresses }: MovedPath,
  act: (migration: Migration, move: Move, nowUs: number) => void,
): boolean {
  const way = moved(parts, pathId ?? 0);
  const move = checkedMove(addresses, parts, (way ?? parts).paths.active);
  if (way === undefined || parts.closeState.active || !way.migration.mayOpen(move.local)) return false;
  act(way.migration, move, parts.nowUs());
  return true;
}

/** The parts of the path that is to move; undefined where it is not in use. draft-ietf-quic-multipath §3.1.3 */
function moved(parts: Connection['parts'], pathId: number): PathParts | undefined {
  if (parts.multipath === undefined) {
    checkPathId(pathId);
    return pathId === 0 ? parts : undefined;
  }
  const path = allowedPath(parts, pathId);
  return path?.state === 'open' ? path.parts : undefined;
}

/** Abandon a path for a program; see `QuicConnection.abandonPath`. */
export function abandonPath({ parts }: Connection, pathId: number): boolean {
  const path = allowedPath(parts, pathId);
  if (path === undefined || parts.closeState.active) return false;
  return parts.multipath!.abandon(path, AbandonCode.Application, parts.nowUs());
}

/** Say how a path should be used; see `QuicConnection.setPathStatus`. */
export function setPathStatus({ parts }: Connection, pathId: number, wish: PathWish): boolean {
  if (wish !== 'available' && wish !== 'backup')
    throw new QuicUsageError('invalid-option', "the status of a path is 'available' or 'backup'");
  const path = allowedPath(parts, pathId);
  if (path === undefined || parts.closeState.active || path.state === 'abandoned') return false;
  path.setStatus(wish === 'backup');
  return true;
}

/** Watch the quality of paths for a program; see `QuicConnection.watchPaths`. */
export function watchPaths({ parts }: Connection, thresholds: PathThresholds | undefined): void {
  if (thresholds === undefined) {
    parts.qualityWatch = undefined;
    return;
  }
  const { rttUs = Infinity, bytesPerSecond = Infinity } = thresholds;
  for (const threshold of [rttUs, bytesPerSecond])
    if (!(threshold > 0)) throw new QuicUsageError('invalid-option', 'a threshold is a positive number');
  if (!parts.closeState.active) parts.qualityWatch = new QualityWatch(parts, { rttUs, bytesPerSecond });
}

/** Snapshots of all paths; see `QuicConnection.pathStatistics`. */
export function allPathStatistics({ parts }: Connection): readonly PathStatistics[] {
  const { multipath, paths } = parts;
  if (multipath === undefined) return paths.known.map((path, index) => pathStatistics(path, index === 0));
  return multipath.open.flatMap(({ isBackup, parts: own }) =>
    own!.paths.known.map((path, index) => pathStatistics(path, index === 0, isBackup)),
  );
}

/** The path with this ID; undefined where it is over, or beyond the limit of either end. draft-ietf-quic-multipath §4 */
function allowedPath({ multipath }: Connection['parts'], pathId: number): NumberedPath | undefined {
  checkPathId(pathId);
  if (multipath === undefined || pathId > multipath.table.peerMax) return undefined;
  return multipath.table.find(pathId);
}

/** Throws `QuicUsageError` for what is no path ID. */
export function checkPathId(pathId: number): void {
  if (!Number.isInteger(pathId) || pathId < 0)
    throw new QuicUsageError('invalid-option', 'a path ID is an integer from 0 on');
}
