import type { Datagram } from './datagram.ts';

/** The queue in front of a link's bottleneck. */
export interface Queue {
  /** Bytes that wait. */
  readonly bytes: number;
  /** Datagrams it dropped, at either end. */
  readonly dropped: number;
  /** Datagrams it marked CE. */
  readonly marked: number;
  push(datagram: Datagram, nowUs: number): void;
  /** The next datagram to send, or undefined when none waits. */
  pop(nowUs: number): Datagram | undefined;
}
