import type { ByteRing } from './byte-ring.ts';

/** Empty rings of a connection that keep their memory for what comes next. */
const KEPT_RINGS = 4;

/**
 * The rings of a connection that have nothing in them. Those used last keep their memory, for a stream that goes on would
 * ask for it again at once; the others give it back, or streams that once were busy would hold many windows. The peer
 * decides how many streams there are.
 */
export class IdleRings {
  private readonly kept: ByteRing[] = [];

  /** The ring has become empty. */
  add(ring: ByteRing): void {
    const { kept } = this;
    const at = kept.indexOf(ring);
    if (at >= 0) kept.splice(at, 1);
    kept.push(ring);
    if (kept.length > KEPT_RINGS) kept.shift()!.releaseIfEmpty();
  }

  /** None keeps its memory. */
  release(): void {
    for (const ring of this.kept.splice(0)) ring.releaseIfEmpty();
  }
}
