/**
 * Reduces the window while a path is idle, because it describes the path of long ago: it is halved for each
 * retransmission timeout, down to the initial window. After RFC 2861 §2 and RFC 5681 §4.1
 */
export class IdleDecay {
  private lastSentUs = -Infinity;

  /** A packet leaves at `sentUs`; returns the window to send it with. */
  onSent(
    sentUs: number,
    isAlone: boolean,
    windowBytes: number,
    floorBytes: number,
    smoothedRttUs: number,
  ): number {
    const idleUs = isAlone && this.lastSentUs !== -Infinity ? sentUs - this.lastSentUs : 0;
    this.lastSentUs = sentUs;
    const periodUs = Math.max(MIN_PERIOD_US, 3 * smoothedRttUs);
    if (idleUs < periodUs) return windowBytes;
    const agedBytes = Math.floor(windowBytes / 2 ** Math.floor(idleUs / periodUs));
    return Math.max(agedBytes, Math.min(windowBytes, floorBytes));
  }
}

/** The least retransmission timeout of RFC 6298 §2.4. */
const MIN_PERIOD_US = 1_000_000;
