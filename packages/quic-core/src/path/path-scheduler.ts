import type { Address } from './address.ts';

/** What a scheduler sees of a path that can carry data. */
export interface SchedulablePath {
  /** The path ID. */
  readonly id: number;
  readonly local: Address;
  readonly remote: Address;
  /** Whether an end wants the path used only where no other can be. draft-ietf-quic-multipath §3.3 */
  readonly isBackup: boolean;
  /** Whether packets were sent in vain lately, or to an address that is not validated. */
  readonly isSilent: boolean;
  readonly smoothedRttUs: number;
  /** The shortest round trip; 0 before the first sample. */
  readonly minRttUs: number;
  readonly congestionWindowBytes: number;
  readonly bytesInFlight: number;
  /** The largest datagram. */
  readonly mtuBytes: number;
}

/** Decides on which paths of a connection data leaves. draft-ietf-quic-multipath §5.5 */
export interface PathScheduler {
  readonly name: string;
  /**
   * Put the paths in order for the next datagram: it leaves on the first one whose congestion window and pacer have
   * room. Returns how many of them, from the first on, may carry data; the others get what belongs to them alone. At least
   * one may. It is called before each datagram, so that it should allocate nothing.
   *
   * @param paths - at least two, to be put in order in place; the array is used again.
   * @param nowUs - the time that the caller gave to the context, microseconds.
   */
  order(paths: SchedulablePath[], nowUs: number): number;
}

/** Makes the scheduler of a connection. */
export type PathSchedulerFactory = () => PathScheduler;

/**
 * The path with the shortest round trip first. A path that is a backup, or has been silent, carries data only where all are
 * that. draft-ietf-quic-multipath §3.3
 */
export class LowestRtt implements PathScheduler {
  readonly name = 'lowest-rtt';

  order(paths: SchedulablePath[]): number {
    let best = WORST;
    for (let i = 0; i < paths.length; i++) best = Math.min(best, classOf(paths[i]!));
    let count = 0;
    for (let i = 0; i < paths.length; i++) {
      const path = paths[i]!;
      if (classOf(path) !== best) continue;
      // Insertion: there are few paths, and usually they are in order already.
      let at = count++;
      paths[i] = paths[at]!;
      while (at > 0 && paths[at - 1]!.smoothedRttUs > path.smoothedRttUs) {
        paths[at] = paths[at - 1]!;
        at--;
      }
      paths[at] = path;
    }
    return count;
  }
}

const WORST = 4;

/** Lower is better: available, backup, silent, silent backup. */
function classOf({ isSilent, isBackup }: SchedulablePath): number {
  return (isSilent ? 2 : 0) + (isBackup ? 1 : 0);
}
