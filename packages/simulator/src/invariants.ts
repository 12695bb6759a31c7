import type { Host } from './host.ts';
import { watchAmplification } from './invariant/amplification.ts';
import { watchCongestionWindow } from './invariant/congestion-window.ts';
import { watchDatagramSize } from './invariant/datagram-size.ts';
import { watchEventOrder } from './invariant/event-order.ts';
import { watchSchedule } from './invariant/schedule.ts';
import type { World } from './world.ts';

/** Something that must never happen, and did. */
export interface Violation {
  readonly atUs: number;
  /** Name of the host. */
  readonly host: string;
  readonly what: string;
}

/**
 * Watch a world for everything that must hold at every step of every run; returns the list that grows when something
 * does not. It stops growing at `MOST_VIOLATIONS`.
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
