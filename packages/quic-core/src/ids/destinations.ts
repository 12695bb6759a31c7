import type { Path } from '../path/path.ts';
import type { Paths } from '../path/paths.ts';
import type { PeerId, PeerIds } from './peer-ids.ts';

/**
 * Which of the peer's connection IDs goes with which path. A peer that moves on purpose uses another ID of ours, and
 * gets another of its own: nobody can tell that the two paths belong together. One that goes on with the same ID was
 * moved by its network, and is followed with the same. RFC 9000 §9.5
 */
export class Destinations {
  private readonly ids: PeerIds;
  private readonly paths: Paths;
  /** The path that `ids.current` belongs to. */
  private active: Path;
  /** Paths that need an ID apart, and what was taken for them: undefined while the peer has given us none. */
  private readonly apart = new Map<Path, PeerId | undefined>();

  constructor(ids: PeerIds, paths: Paths) {
    this.ids = ids;
    this.paths = paths;
    this.active = paths.active;
  }

  /** An authentic packet came on `path`, addressed to our ID `bytes[from, to)`. */
  onReceived(path: Path, bytes: Uint8Array, from: number, to: number): void {
    if (!isSame(path.usedId, bytes, from, to)) path.usedId = bytes.slice(from, to);
    const { paths, ids } = this;
    if (path === paths.active || paths.byId(path.id) !== path) return;
    if (ids.current.connectionId.length === 0) return;
    const { usedId } = paths.active;
    // Where nothing but Initial packets came, the client had not heard of an ID of ours.
    if (usedId.length === 0) return;
    if (!isSame(path.usedId, usedId, 0, usedId.length) && this.apart.get(path) === undefined)
      this.apart.set(path, ids.take());
  }

  /** What to send to on a path; undefined when nothing may be used there. */
  idOf(path: Path): Uint8Array | undefined {
    return (this.apart.has(path) ? this.apart.get(path) : this.ids.current)?.connectionId;
  }

  /** Follow a change of the path in use, and give up what was taken for paths with nothing left to say. */
  settle(): void {
    if (this.paths.active !== this.active) this.follow();
    if (this.apart.size === 0) return;
    for (const [path, id] of this.apart) {
      const isUsable = id !== undefined && this.ids.isTaken(id);
      if (this.paths.isAlive(path)) {
        if (!isUsable) this.apart.set(path, this.ids.take());
        continue;
      }
      if (isUsable) this.ids.giveUp(id);
      this.apart.delete(path);
    }
  }

  private follow(): void {
    const old = this.active;
    this.active = this.paths.active;
    const id = this.apart.get(this.active);
    if (id === undefined || !this.ids.isTaken(id)) return;
    this.apart.delete(this.active);
    this.apart.set(old, this.ids.exchange(id));
  }
}

function isSame(id: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (id.length !== to - from) return false;
  for (let i = 0; i < id.length; i++) if (id[i] !== bytes[from + i]) return false;
  return true;
}
