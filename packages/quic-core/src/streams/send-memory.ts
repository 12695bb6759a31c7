/** The least that a stream may hold which is alone on its connection. */
const STREAM_BYTES = 256 * 1024;
/** A stream may hold this much whatever others hold: what keeps it going, however slowly. */
const FLOOR_BYTES = 4096;
/** What a stream takes beyond what its peer allows it to send, so that it can go on as soon as it may. */
const AHEAD_BYTES = 64 * 1024;
/** Nobody holds more than this many times what is left for others: then something always is. */
const SHARE = 2;
/** A source is not asked to fill less. */
const SOURCE_BYTES = 1024;

/** What all connections of a context hold of what programs have given them to send. */
export class SendPool {
  heldBytes = 0;
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }
}

/**
 * How much a connection takes from its program: bytes that wait to be sent, and those that the peer has not
 * acknowledged. The peer decides how long they stay, so there is a bound for each connection and for all of a context.
 *
 * Below it, one stream may hold what keeps the congestion window full. Several share half as much more, and none takes
 * more than twice what is left: so something is left for whoever comes next, though others stand still for ever.
 */
export class SendMemory {
  /** Of all streams. */
  heldBytes = 0;
  private streamBytes = STREAM_BYTES;
  private readonly maxBytes: number;
  private readonly pool: SendPool;

  constructor(maxBytes: number, pool: SendPool) {
    this.maxBytes = maxBytes;
    this.pool = pool;
  }

  /** A stream holds more, or less. */
  change(bytes: number): void {
    this.heldBytes += bytes;
    this.pool.heldBytes += bytes;
  }

  /**
   * A stream must hold what is in flight, what has arrived behind a gap that takes a round trip to close, and as much
   * again to send, or the window stays empty.
   *
   * @param flightBytes - the most in flight of late.
   * @param windowBytes - what may be in flight.
   */
  followFlight(flightBytes: number, windowBytes: number): void {
    const heldBytes = Math.max(3 * flightBytes, windowBytes);
    this.streamBytes = Math.max(STREAM_BYTES, heldBytes + STREAM_BYTES / 2);
  }

  /** What a stream that holds `heldBytes` may take now, as far as memory goes. */
  roomFor(heldBytes: number): number {
    const { pool } = this;
    const allBytes = Math.min((this.streamBytes * (SHARE + 1)) / SHARE, this.maxBytes);
    const room = Math.min(
      this.streamBytes - heldBytes,
      shareOf(allBytes - this.heldBytes, heldBytes),
      shareOf(pool.maxBytes - pool.heldBytes, this.heldBytes),
    );
    return Math.max(0, Math.floor(room), FLOOR_BYTES - heldBytes);
  }

  /**
   * What a stream may take from a program that writes.
   *
   * @param unsentBytes - what waits to be sent.
   * @param creditBytes - what the peer allows it to send.
   */
  writeRoom(heldBytes: number, unsentBytes: number, creditBytes: number): number {
    return Math.max(0, Math.min(this.roomFor(heldBytes), creditBytes + AHEAD_BYTES - unsentBytes));
  }

  /** Whether there is enough for a source to be asked. */
  hasSourceRoom(heldBytes: number): boolean {
    return this.roomFor(heldBytes) >= SOURCE_BYTES;
  }
}

/** What may be taken of `leftBytes` until one holds `SHARE` times what is left then. */
function shareOf(leftBytes: number, heldBytes: number): number {
  return (SHARE * leftBytes - heldBytes) / (SHARE + 1);
}
