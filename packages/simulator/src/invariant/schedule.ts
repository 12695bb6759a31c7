import type { Host } from '../host.ts';
import type { Observer } from '../observer.ts';
import type { Report } from './report.ts';

/**
 * The relations between the three calls: `prepareNextPacket` returns nothing while `nextWakeDelay` is above
 * 0, no datagram is due after it has returned nothing, no timer is in the past or between two microseconds,
 * and hosts are not woken for nothing again and again (this one ends the run by an Error).
 */
export function watchSchedule(report: Report): Observer {
  const delays = new Map<Host, number>();
  const wakes = new Map<Host, VainWakes>();
  return {
    onReceive: (host) => void wakes.delete(host),
    onBeforePrepare(host, nowUs) {
      delays.set(host, host.wakeDelayUs(nowUs));
    },
    onAfterPrepare(host, _out, length, nowUs) {
      const before = delays.get(host) ?? 0;
      if (length > 0) wakes.delete(host);
      if (length > 0 && before > 0) {
        report(host, `sends ${length} bytes now, having asked to be woken in ${before} µs`, nowUs);
      }
      if (length === 0 && host.wakeDelayUs(nowUs) === 0) {
        report(host, `wants to be woken now but has nothing to send`, nowUs);
      }
    },
    onIdle(host, nowUs) {
      const vain = wakes.get(host) ?? { count: 0, sinceUs: nowUs };
      wakes.set(host, { ...vain, count: vain.count + 1 });
      // A timer that comes again every microsecond would make the run endless.
      if (vain.count >= MOST_VAIN_WAKES)
        throw new Error(`${host.name} wakes in vain since ${vain.sinceUs} µs, now ${nowUs} µs`);
      const wakeUs = host.context.nextWakeTime();
      const clockUs = host.clockUs(nowUs);
      if (wakeUs !== Infinity && !Number.isInteger(wakeUs)) report(host, `has a timer at ${wakeUs}`, nowUs);
      else if (wakeUs <= clockUs)
        report(host, `is idle with a timer ${clockUs - wakeUs} µs in the past`, nowUs);
    },
  };
}

/** Turns of a host in which no datagram came or left. */
interface VainWakes {
  readonly count: number;
  readonly sinceUs: number;
}

const MOST_VAIN_WAKES = 1000;
