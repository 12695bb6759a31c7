import type { Host } from './host.ts';
import { watchAmplification } from './invariant/amplification.ts';
import { watchCongestionWindow } from './invariant/congestion-window.ts';
import { watchDatagramSize } from './invariant/datagram-size.ts';
import { watchEventOrder } from './invariant/event-order.ts';
import { watchSchedule } from './invariant/schedule.ts';
import type { World } from './world.ts';

/** An invariant that did not hold. */
export interface Violation {
  readonly atUs: number;
  /** Name of the host. */
  readonly host: string;
  readonly what: string;
}

/**
 * Check all invariants at every step of a world; returns the list of violations, which grows up to
 * `MOST_VIOLATIONS`.
 */
export function watchInvariants(world: World): readonly Violation[] {
  const violations: Violation[] = [];
  const report = ({ name }: Host, what: string, atUs: number): void => {
    if (violations.length < MOST_VIOLATIONS) violations.push({ atUs, host: name, what: `${name} ${what}` });
  };
  world.observe(watchAmplification(report));
  world.observe(watchCongestionWindow(report));
  world.observe(watchDatagramSize(report));
  world.observe(watchEventOrder(report));
  world.observe(watchSchedule(report));
  return violations;
}

const MOST_VIOLATIONS = 20;
