/** A stream that is alone on its connection may hold at least this many bytes. */
const STREAM_BYTES = 256 * 1024;
/** A stream may hold this much whatever others hold, so that it goes on, however slowly. */
const FLOOR_BYTES = 4096;
/**
 * A stream takes this much beyond what its peer allows it to send, so that it can go on as soon as credit
 * comes.
 */
const AHEAD_BYTES = 64 * 1024;
/** No stream holds more than this many times the memory left for others, so that some is always left. */
const SHARE = 2;
/** A source is not asked while there is memory for fewer bytes than this. */
const SOURCE_BYTES = 1024;

/** What all connections of a context hold of the stream data that programs have given them. */
export class SendPool {
  heldBytes = 0;
  /** How often the held bytes have changed. */
  changes = 0;
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }
}

/**
 * How much a connection takes from its program: bytes that wait to be sent, and bytes that the peer has not
 * acknowledged. The peer decides how long they stay, so there is a bound for each connection and for all of a
 * context.
 *
 * Below the bound, one stream may hold what keeps the congestion window full. Several share half as much
 * more, and none takes more than twice what is left: so memory is left for the next stream, even if the
 * others never move again.
 */
export class SendMemory {
  /** Bytes held by all streams of the connection. */
  heldBytes = 0;
  /** Bytes that a stream may hold which is alone. */
  streamBytes: number = STREAM_BYTES;
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
    this.pool.changes++;
  }

  /** How often any connection of the context came to hold more or less. */
  get changes(): number {
    return this.pool.changes;
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

  /** Bytes that a stream which holds `heldBytes` may take now, by the bounds of memory alone. */
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
   * Bytes that a stream may take from a program that writes.
   *
   * @param unsentBytes - bytes that wait to be sent.
   * @param creditBytes - bytes that the peer allows it to send.
   */
  writeRoom(heldBytes: number, unsentBytes: number, creditBytes: number): number {
    return Math.max(0, Math.min(this.roomFor(heldBytes), creditBytes + AHEAD_BYTES - unsentBytes));
  }

  /** Whether there is enough memory for a source to be asked. */
  hasSourceRoom(heldBytes: number): boolean {
    return this.roomFor(heldBytes) >= SOURCE_BYTES;
  }
}

/** Bytes that may be taken of `leftBytes` until the taker holds `SHARE` times what is left then. */
function shareOf(leftBytes: number, heldBytes: number): number {
  return (SHARE * leftBytes - heldBytes) / (SHARE + 1);
}
