/** Every reason to wake a connection; each has one owner. */
export const Timer = {
  /** A loss is due, or a probe. Owner: recovery. */
  Loss: 0,
  /** An acknowledgement may wait no longer. Owner: spaces. */
  AckDelay: 1,
  /** A path challenge goes unanswered. Owner: path. */
  PathProbe: 2,
  /** The pacer lets the next packet go. Owner: path. */
  Send: 3,
  /** Keys of an earlier phase are of no more use. Owner: keys. */
  KeyDiscard: 4,
  /** The idle timeout. Owner: idle. */
  Idle: 5,
  /** A keep-alive PING is due. Owner: idle. */
  KeepAlive: 6,
  /** The handshake has lasted too long. Owner: idle. */
  Handshake: 7,
  /** Closing or draining is over. Owner: close-state. */
  Drain: 8,
  /** The application asked for it. Owner: the application. */
  Application: 9,
  /** Memory that a burst took may be given back. Owner: idle. */
  Rest: 10,
  /** Streams that are free should be announced. Owner: streams. */
  Credit: 11,
  /** Keys of 0-RTT are of no more use. Owner: keys. */
  EarlyKeyDiscard: 12,
  /** A datagram has waited too long to be sent. Owner: datagrams. */
  DatagramExpiry: 13,
} as const;
export type Timer = (typeof Timer)[keyof typeof Timer];

const COUNT = 14;
const NEVER: readonly number[] = Array.from({ length: COUNT }, () => Infinity);

/** Due times of one connection, in microseconds; Infinity for timers that are not set. */
export class Timers {
  private readonly dueUs: number[] = NEVER.slice();

  set(timer: Timer, dueUs: number): void {
    this.dueUs[timer] = dueUs;
  }

  at(timer: Timer): number {
    return this.dueUs[timer]!;
  }

  isDue(timer: Timer, nowUs: number): boolean {
    return this.dueUs[timer]! <= nowUs;
  }

  /** The earliest of all. */
  next(): number {
    const { dueUs } = this;
    let earliest = Infinity;
    for (let i = 0; i < COUNT; i++) if (dueUs[i]! < earliest) earliest = dueUs[i]!;
    return earliest;
  }

  /** Clear every timer but this one. */
  onlyKeep(timer: Timer): void {
    const kept = this.dueUs[timer]!;
    this.dueUs.fill(Infinity);
    this.dueUs[timer] = kept;
  }
}
