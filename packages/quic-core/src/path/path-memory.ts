import { initialWindow, type RememberedPath } from '@tsquic/congestion';
import type { Path } from './path.ts';
import type { Paths } from './paths.ts';

/**
 * The window is reported again when it is so many times the one reported last, or when slow start ends, which
 * shows that the path carries all of it.
 */
const GROWTH = 4;
/**
 * The window is reported first when it is so many times the initial one; a smaller one would save no round
 * trip.
 */
const FIRST_GROWTH = 2;

/**
 * Notices when the path in use has shown a window and round-trip time that the next connection over it can
 * start with. draft-ietf-tsvwg-careful-resume §3
 */
export class PathMemory {
  private readonly paths: Paths;
  private pathId = -1;
  /** The smallest window that is reported next. */
  private nextBytes = 0;

  constructor(paths: Paths) {
    this.paths = paths;
  }

  /**
   * What a server should tell the client to remember, a few times in the life of a path as its window grows;
   * else undefined.
   */
  look(): RememberedPath | undefined {
    const path = this.paths.active;
    if (path.id !== this.pathId) {
      this.pathId = path.id;
      this.nextBytes = initialWindow(path.mtu.mtuBytes) * FIRST_GROWTH;
    }
    if (path.controller.windowBytes < this.nextBytes) return undefined;
    const remembered = rememberedPath(path);
    if (remembered === undefined || remembered.windowBytes < this.nextBytes || !path.amplification.validated)
      return undefined;
    this.nextBytes = remembered.windowBytes * GROWTH;
    return remembered;
  }
}

/** What a path has shown, or undefined while that is no more than the initial window that any path gets. */
export function rememberedPath({ controller, rtt, mtu }: Path): RememberedPath | undefined {
  if (!rtt.hasSample) return undefined;
  // During slow start the window is up to twice what the path has been seen to deliver.
  const windowBytes = controller.inSlowStart
    ? Math.floor(controller.windowBytes / 2)
    : controller.windowBytes;
  return windowBytes > initialWindow(mtu.mtuBytes) ? { rttUs: rtt.minUs, windowBytes } : undefined;
}
