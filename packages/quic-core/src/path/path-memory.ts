import { initialWindow, type RememberedPath } from '@tsquic/congestion';
import type { Path } from './path.ts';
import type { Paths } from './paths.ts';

/** Times the window that was told last. The end of slow start counts too: it proves the whole window. */
const GROWTH = 4;
/** Times the initial window, below which a memory saves no round trip. */
const FIRST_GROWTH = 2;

/**
 * Notices when the path in use has taught something that the next connection over it can begin with.
 * draft-ietf-tsvwg-careful-resume §3
 */
export class PathMemory {
  private readonly paths: Paths;
  private readonly onLearned: (remembered: RememberedPath, path: Path) => void;
  private pathId = -1;
  /** The least window that is worth another word. */
  private nextBytes = 0;

  /** @param onLearned - called a handful of times in the life of a path, as its window grows. */
  constructor(paths: Paths, onLearned: (remembered: RememberedPath, path: Path) => void) {
    this.paths = paths;
    this.onLearned = onLearned;
  }

  /** The state has moved on: look whether that is worth remembering. */
  look(): void {
    const path = this.paths.active;
    if (path.id !== this.pathId) {
      this.pathId = path.id;
      this.nextBytes = initialWindow(path.mtu.mtuBytes) * FIRST_GROWTH;
    }
    if (path.controller.windowBytes < this.nextBytes) return;
    const remembered = rememberedPath(path);
    if (remembered === undefined || remembered.windowBytes < this.nextBytes || !path.amplification.validated)
      return;
    this.nextBytes = remembered.windowBytes * GROWTH;
    this.onLearned(remembered, path);
  }
}

/** What a path has taught, or undefined while that is no more than any path may be trusted with. */
export function rememberedPath({ controller, rtt, mtu }: Path): RememberedPath | undefined {
  if (!rtt.hasSample) return undefined;
  // A window that still doubles is twice what the path has been seen to carry.
  const windowBytes = controller.inSlowStart
    ? Math.floor(controller.windowBytes / 2)
    : controller.windowBytes;
  return windowBytes > initialWindow(mtu.mtuBytes) ? { rttUs: rtt.minUs, windowBytes } : undefined;
}
