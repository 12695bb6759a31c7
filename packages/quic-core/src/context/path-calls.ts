import type { Connection } from '../connection/connection.ts';
import { QuicUsageError } from '../errors/usage-error.ts';
import { AbandonCode } from '../multipath/multipath.ts';
import type { NumberedPath } from '../multipath/numbered-path.ts';
import { sameAddress } from '../path/address.ts';
import { checkedMove } from './client-path.ts';
import type { ClientPath, PathStatistics, PathWish } from './handles.ts';
import { pathStatistics } from './path-statistics.ts';

/** Open a path for a program; see `QuicConnection.openPath`. */
export function openPath({ parts }: Connection, path: ClientPath): number | undefined {
  const { multipath, closeState, migration, paths } = parts;
  const { local, remote, interfaceIndex } = checkedMove(path, parts);
  if (closeState.active || multipath?.isRunning !== true) return undefined;
  // A server that forbids migration forbids further paths to the address of the handshake.
  // draft-ietf-quic-multipath §2.2
  const isBound = multipath.peer.disableActiveMigration;
  if (isBound && sameAddress(remote, paths.active.remote) && !migration.hasMoved) return undefined;
  return multipath.openPath({ local, remote, interfaceIndex }, parts.nowUs())?.id;
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
  if (!Number.isInteger(pathId) || pathId < 0)
    throw new QuicUsageError('invalid-option', 'a path ID is an integer from 0 on');
  if (multipath === undefined || pathId > multipath.table.peerMax) return undefined;
  return multipath.table.find(pathId);
}
