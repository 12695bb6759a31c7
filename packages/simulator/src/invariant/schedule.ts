import type { Host } from '../host.ts';
import type { Observer } from '../observer.ts';
import type { Report } from './report.ts';

/**
 * What the three calls promise each other: `prepareNextPacket` has nothing while `nextWakeDelay` is above 0, it has
 * drained everything once it has nothing, and no timer lies in the past or between two microseconds.
 */
export function watchSchedule(report: Report): Observer {
  const delays = new Map<Host, number>();
  return {
    onBeforePrepare(host, nowUs) {
      delays.set(host, host.context.nextWakeDelay(nowUs, 1e15));
    },
    onAfterPrepare(host, _out, length, nowUs) {
      const before = delays.get(host) ?? 0;
      if (length > 0 && before > 0) {
        report(`${host.name} sends ${length} bytes now, having asked to be woken in ${before} µs`, nowUs);
      }
      if (length === 0 && host.context.nextWakeDelay(nowUs, 1e15) === 0) {
        report(`${host.name} wants to be woken now but has nothing to send`, nowUs);
      }
    },
    onIdle(host, nowUs) {
      const wakeUs = host.context.nextWakeTime();
      if (wakeUs !== Infinity && !Number.isInteger(wakeUs))
        report(`${host.name} has a timer at ${wakeUs}`, nowUs);
      else if (wakeUs <= nowUs)
        report(`${host.name} is idle with a timer ${nowUs - wakeUs} µs in the past`, nowUs);
    },
  };
}
