import type { ByteRing } from './byte-ring.ts';

/** Empty rings of a connection that keep their memory for what comes next. */
const KEPT_RINGS = 4;
/** The memory of all of them: what a few large datagrams bring between two calls of the program. */
const KEPT_BYTES = 4 * 1024 * 1024;

/**
 * The empty rings of a connection. Those used last keep their memory, because a stream that goes on would
 * allocate it again at once. The others give it back: the peer decides how many streams there are, and many
 * streams that were busy once would hold many windows.
 */
export class IdleRings {
  private readonly kept: ByteRing[] = [];

  /** The ring has become empty. */
  add(ring: ByteRing): void {
    const { kept } = this;
    const at = kept.indexOf(ring);
    if (at >= 0) kept.splice(at, 1);
    kept.push(ring);
    let bytes = 0;
    for (const { capacity } of kept) bytes += capacity;
    while (kept.length > KEPT_RINGS || bytes > KEPT_BYTES) {
      const oldest = kept.shift()!;
      bytes -= oldest.capacity;
      oldest.releaseIfEmpty();
    }
  }

  /** Every ring gives back its memory. */
  release(): void {
    for (const ring of this.kept.splice(0)) ring.releaseIfEmpty();
  }
}
