import { violation } from '../errors/transport-error.ts';
import { LocalIds } from '../ids/local-ids.ts';
import { PeerIds } from '../ids/peer-ids.ts';
import type { ConnectionIdRegistry } from '../ids/registry.ts';
import { PATH_IDS } from '../frame/multipath.ts';
import { NumberedPath } from './numbered-path.ts';

/** The path IDs that both ends may use, and the connection IDs issued for them. draft-ietf-quic-multipath §3.2.1 */
export class PathTable {
  /** In the order of their IDs; those that are over have left. */
  readonly all: NumberedPath[];
  /** The largest path ID that this end allows. */
  localMax: number;
  /** The largest that the peer allows. */
  peerMax: number;
  /** The peer's active_connection_id_limit, for each path; 0 until IDs may be issued. */
  private idLimit = 0;
  private nextId = 1;
  private readonly registry: ConnectionIdRegistry;

  constructor(first: NumberedPath, registry: ConnectionIdRegistry, localMax: number, peerMax: number) {
    this.all = [first];
    this.registry = registry;
    this.localMax = localMax;
    this.peerMax = peerMax;
    this.grow();
  }

  /** The path with this ID; undefined where it is over, or beyond our limit. */
  find(id: number): NumberedPath | undefined {
    const { all } = this;
    for (let i = 0; i < all.length; i++) if (all[i]!.id === id) return all[i];
    return undefined;
  }

  /** The path that a packet takes by its Destination Connection ID at `bytes[at]`; undefined for none. */
  addressed(bytes: Uint8Array, at: number, end: number): NumberedPath | undefined {
    const { all } = this;
    for (let i = 0; i < all.length; i++) if (all[i]!.localIds.has(bytes, at, end)) return all[i];
    return undefined;
  }

  /**
   * The peer issues an ID for a path. Throws PROTOCOL_VIOLATION where it has issued it for another, because it may do so once
   * on a connection. draft-ietf-quic-multipath §3.2.1
   */
  checkIssued(pathId: number, connectionId: Uint8Array, type: number): void {
    for (const { id, peerIds } of this.all)
      if (id !== pathId && peerIds.has(connectionId)) violation(type, 'an ID of another path');
  }

  /** IDs may be issued now: one for each path that is not in use, more for others. */
  supply(idLimit: number): void {
    this.idLimit = idLimit;
    for (const path of this.all) this.supplyOne(path);
  }

  /** Issue connection IDs of a path, within the limits of both ends. draft-ietf-quic-multipath §3.2.1 */
  supplyOne(path: NumberedPath): void {
    if (this.idLimit === 0 || path.state === 'abandoned' || path.id > this.peerMax) return;
    path.localIds.supply(path.state === 'open' ? this.idLimit : 1);
  }

  /** The peer allows larger path IDs. */
  raisePeerMax(max: number): void {
    this.peerMax = max;
    for (const path of this.all) this.supplyOne(path);
  }

  /** A path is over: its ID is never used again, and the peer may use another. Returns whether the limit rises. */
  forget(path: NumberedPath): boolean {
    this.all.splice(this.all.indexOf(path), 1);
    path.localIds.release();
    if (this.localMax >= PATH_IDS - 1) return false;
    this.localMax++;
    this.grow();
    return true;
  }

  /** The connection is forgotten; the IDs of path 0 are released with its parts. */
  release(): void {
    for (const path of this.all) {
      if (path.id === 0) continue;
      path.localIds.release();
      path.peerIds.release();
    }
  }

  private grow(): void {
    for (; this.nextId <= this.localMax; this.nextId++) {
      const id = this.nextId;
      const localIds = new LocalIds(this.registry, id);
      const path = new NumberedPath(id, localIds, new PeerIds(undefined, this.registry, id));
      this.all.push(path);
      this.supplyOne(path);
    }
  }
}
