import type { Address } from '@tsquic/quic-core';
import type { Rebinding } from './plan.ts';

/** Counts the rebindings that time has brought, and says where clients are seen since the last. */
export class RebindingSchedule {
  /** How many there were. */
  count = 0;
  private readonly plan: Rebinding;

  constructor(plan: Rebinding) {
    this.plan = plan;
  }

  /** When the next is due; Infinity after the last. */
  nextUs(): number {
    return this.plan.timesUs[this.count] ?? Infinity;
  }

  /** Whether another has become due by now; several at once are one move. */
  advance(nowUs: number): boolean {
    const before = this.count;
    while (this.nextUs() <= nowUs) this.count++;
    return this.count > before;
  }

  /** The address as which servers see this client: its own until it is given others, of 127.0.1.0/24. */
  ipOf({ ip }: Address): string {
    return this.plan.to === 'port' || this.count === 0 ? ip : `127.0.1.${this.count}`;
  }
}
