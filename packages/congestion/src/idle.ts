/**
 * Lets a window age while a path carries nothing, for it describes a path of long ago: half of it goes for every
 * retransmission timeout of silence, down to the initial window. After RFC 2861 §2 and RFC 5681 §4.1
 */
export class IdleDecay {
  private lastSentUs = -Infinity;

  /** Notes a packet sent at `sentUs`, and returns the window to send it with. */
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
    if (idleUs < periodUs || windowBytes <= floorBytes) return windowBytes;
    return Math.max(Math.floor(windowBytes / 2 ** Math.floor(idleUs / periodUs)), floorBytes);
  }

  reset(): void {
    this.lastSentUs = -Infinity;
  }
}

/** The least retransmission timeout of RFC 6298 §2.4. */
const MIN_PERIOD_US = 1_000_000;
