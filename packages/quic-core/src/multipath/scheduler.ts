import type { NumberedPath } from './numbered-path.ts';
import type { PathScheduler } from '../path/path-scheduler.ts';

/** Puts the paths of a connection in the order of sending, as its scheduler says. draft-ietf-quic-multipath §5.5 */
export class SendingOrder {
  private readonly scheduler: PathScheduler;
  /** How many of the paths, from the first on, carry data, as of the last call. */
  carrying = 1;
  private readonly open: NumberedPath[];
  private readonly usable: NumberedPath[] = [];
  private readonly rest: NumberedPath[] = [];
  private round = 0;

  /** @param open - the open paths, which are put in order. */
  constructor(scheduler: PathScheduler, open: NumberedPath[]) {
    this.scheduler = scheduler;
    this.open = open;
  }

  /**
   * Put the paths on which data may be sent first, and return how many these are. A scheduler of the program can neither
   * lose a path nor add one.
   */
  arrange(nowUs: number): number {
    this.carrying = this.ordered(nowUs);
    return this.carrying;
  }

  private ordered(nowUs: number): number {
    const { usable, open } = this;
    usable.length = 0;
    for (let i = 0; i < open.length; i++) if (open[i]!.isUsable) usable.push(open[i]!);
    const [first] = usable;
    if (first === undefined) return 0;
    const wanted = usable.length === 1 ? 1 : this.scheduler.order(usable, nowUs);
    if (usable.length === 0) usable.push(first);
    const count = this.choose(wanted);
    this.putFirst(count);
    return count;
  }

  /** Mark the first `wanted` of the paths that the scheduler has put in order, each once, and at least one. */
  private choose(wanted: number): number {
    const { usable, open } = this;
    const round = ++this.round;
    let count = 0;
    for (let i = 0; i < usable.length && (count === 0 || count < wanted); i++) {
      const path = usable[i]!;
      if (path?.orderRound === round || !open.includes(path)) continue;
      path.orderRound = round;
      usable[count++] = path;
    }
    return count;
  }

  private putFirst(count: number): void {
    const { usable, open, rest, round } = this;
    rest.length = 0;
    for (let i = 0; i < open.length; i++) if (open[i]!.orderRound !== round) rest.push(open[i]!);
    for (let i = 0; i < count; i++) open[i] = usable[i]!;
    for (let i = 0; i < rest.length; i++) open[count + i] = rest[i]!;
  }
}

/**
 * A datagram of so many bytes holds a PATH_ACK frame, however long its fields and the connection ID are: a header of 25 bytes,
 * a tag of 16, and 57 for a type, seven varints and a count of ranges.
 */
const ACK_DATAGRAM = 100;

/**
 * Whether one of the paths on which data may be sent can take an acknowledgement: the anti-amplification limit may hold back all of
 * them. RFC 9000 §8.1
 *
 * @param carrying - how many of the paths, from the first on, may carry data.
 */
export function isAnyOpen(paths: readonly NumberedPath[], carrying: number): boolean {
  for (let i = 0; i < carrying; i++)
    if (paths[i]!.parts!.paths.active.amplification.room >= ACK_DATAGRAM) return true;
  return false;
}
