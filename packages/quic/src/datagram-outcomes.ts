import type { DatagramOutcome } from '@tsquic/quic-core';
import { tellProgram } from './program-fault.ts';

type Listener = (outcome: DatagramOutcome) => void;

/** So many lost datagrams are remembered, in case they are acknowledged late. */
const MAX_LOST = 1024;

/** The callbacks that wait for the outcome of a datagram. */
export class DatagramOutcomes {
  /** The tag of the next datagram with a callback. */
  nextTag = 0;
  private readonly open = new Map<number, Listener>();
  private readonly lost = new Map<number, Listener>();

  /** The datagram with `nextTag` was taken. */
  follow(listener: Listener): void {
    this.open.set(this.nextTag++, listener);
  }

  tell(tag: number, outcome: DatagramOutcome): void {
    const listener = this.open.get(tag) ?? this.lost.get(tag);
    if (listener === undefined) return;
    this.open.delete(tag);
    this.lost.delete(tag);
    if (outcome === 'lost') this.remember(tag, listener);
    tellProgram('the callback onOutcome', listener, outcome);
  }

  clear(): void {
    this.open.clear();
    this.lost.clear();
  }

  private remember(tag: number, listener: Listener): void {
    this.lost.set(tag, listener);
    if (this.lost.size <= MAX_LOST) return;
    for (const oldest of this.lost.keys()) {
      this.lost.delete(oldest);
      return;
    }
  }
}
