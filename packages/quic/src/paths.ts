import { QuicError } from './errors.ts';
import type { ClientPaths } from './client-paths.ts';
import type { PathOptions } from './options.ts';
import { checkPath, checkThresholds } from './socket-checks.ts';
import { use } from './usage.ts';
import type { PathThresholds, QuicConnection as ConnectionHandle } from '@tsquic/quic-core';

/** What `QuicPaths` needs of its connection. */
export interface PathsOwner {
  readonly handle: ConnectionHandle;
  /** Undefined on servers. */
  readonly clientPaths: ClientPaths | undefined;
  readonly ended: { readonly error: unknown } | undefined;
  wake(): void;
}

/**
 * The paths that a connection uses at the same time. Both ends must have the option `transport.maxPaths`; the callback
 * `onPathState` tells how each path stands, and `pathStatistics` what it carries. draft-ietf-quic-multipath
 */
export class QuicPaths {
  private readonly owner: PathsOwner;

  constructor(owner: PathsOwner) {
    this.owner = owner;
  }

  /**
   * Client: use another UDP socket besides, for example of a second network. Data goes by whichever path has room,
   * and when one falls silent, by the others. Resolves with the ID of the path once the server has answered on it.
   *
   * Rejects with `ERR_QUIC_MIGRATION` when the server does not answer there, where multipath is not agreed on,
   * before `ready`, and beyond the limits of either side; with `ERR_QUIC_NOT_A_CLIENT` on a server; with the
   * system's error when no socket can be opened. draft-ietf-quic-multipath §3.1
   */
  async open(options: PathOptions = {}): Promise<number> {
    checkPath(options);
    const { clientPaths, ended } = this.owner;
    if (clientPaths === undefined) throw new QuicError('ERR_QUIC_NOT_A_CLIENT', 'only clients open paths');
    if (ended !== undefined) throw ended.error;
    return clientPaths.open(options);
  }

  /**
   * Send nothing more on a path, for good; what was under way goes by the others. Returns false for the last path
   * that can carry data, and for one that is not known. draft-ietf-quic-multipath §3.4
   */
  abandon(pathId: number): boolean {
    const isDone = use(() => this.owner.handle.abandonPath(pathId));
    this.owner.wake();
    return isDone;
  }

  /**
   * Tell `onPathQuality` how fast each path is, and again whenever its round trip has changed by `rttUs` microseconds since then,
   * or what congestion control lets leave by `bytesPerSecond`; undefined ends that. Also without multipath. Throws
   * `ERR_QUIC_INVALID_OPTION` for what is no positive number.
   */
  watch(thresholds: PathThresholds | undefined): void {
    if (thresholds !== undefined) checkThresholds(thresholds);
    use(() => this.owner.handle.watchPaths(thresholds));
    this.owner.wake();
  }

  /**
   * Whether both ends should use a path like the others, or only where no other can be used. Returns false for one
   * that is not known. draft-ietf-quic-multipath §3.3
   */
  setStatus(pathId: number, status: 'available' | 'backup'): boolean {
    const isDone = use(() => this.owner.handle.setPathStatus(pathId, status));
    this.owner.wake();
    return isDone;
  }
}
