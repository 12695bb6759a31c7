/**
 * Which worker a client's first packets went to, by a hash of the connection ID that the client chose, for as long as the
 * handshake may take: in memory that all workers share. So all datagrams of a first flight reach one worker, whatever
 * their addresses are, and whichever worker the system gives them to. RFC 9000 §5.2.2, §7.2
 */
export class FirstFlights {
  readonly memory: SharedArrayBuffer;
  private readonly slots: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4 * SLOTS)) {
    this.memory = memory;
    this.slots = new Int32Array(memory);
  }

  /**
   * The worker of the first flight with this hash: the one that an earlier call named, or else `worker`, which it then is.
   *
   * @param hash - 32 bits, keyed, so that clients cannot choose whose entries they meet.
   */
  workerFor(hash: number, worker: number, nowMs: number): number {
    const { slots } = this;
    const tick = Math.floor(nowMs / TICK_MS) & 0xff;
    const tag = hash >>> 16;
    const home = hash & (SLOTS - 1);
    const mine = (tag << 16) | (tick << 8) | (worker + 1);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      // With all ways taken, a new flight displaces another one, which then needs the same addresses to stay together.
      let at = home;
      let seen = Atomics.load(slots, home);
      let isFree = false;
      for (let way = 0; way < WAYS; way++) {
        const slot = (home + way) & (SLOTS - 1);
        const entry = Atomics.load(slots, slot);
        const isOld = entry === 0 || ageOf(entry, tick) > MAX_AGE_TICKS;
        if (!isOld && entry >>> 16 === tag) return (entry & 0xff) - 1;
        if (!isOld || isFree) continue;
        isFree = true;
        at = slot;
        seen = entry;
      }
      if (Atomics.compareExchange(slots, at, seen, mine) === seen) return worker;
      // Another worker has just written there, perhaps for this very flight.
    }
    return worker;
  }
}

function ageOf(entry: number, tick: number): number {
  return (tick - ((entry >>> 8) & 0xff)) & 0xff;
}

const SLOTS = 65_536;
const WAYS = 4;
const MAX_TRIES = 8;
/** Ticks wrap after 17 minutes, so that very old entries look new once in a while; their tag hardly ever fits. */
const TICK_MS = 4000;
/** More than the handshake timeout, which is 10 s by default. */
const MAX_AGE_TICKS = 4;
