import type { PathScheduler, PathSchedulerFactory, SchedulablePath } from '@tsquic/quic-core';

/** Schedulers of a program's own, by name: whatever one says, all data must arrive. draft-ietf-quic-multipath §5.5 */
export const PATH_SCHEDULERS: Readonly<Record<PathSchedulerName, PathSchedulerFactory>> = {
  'round-robin': () => {
    let turn = 0;
    return schedulerOf('round-robin', (paths) => {
      turn++;
      for (let i = 0; i < turn % paths.length; i++) paths.push(paths.shift()!);
      return paths.length;
    });
  },
  'slowest-first': () =>
    schedulerOf(
      'slowest-first',
      (paths) => paths.sort((a, b) => b.smoothedRttUs - a.smoothedRttUs || b.id - a.id).length,
    ),
  'one-alone': () =>
    schedulerOf('one-alone', (paths) => {
      paths.sort((a, b) => Number(a.isSilent) - Number(b.isSilent) || b.id - a.id);
      return 1;
    }),
  careless: () => {
    let turn = 0;
    return schedulerOf('careless', (paths) => {
      const wanted = [NaN, 0, -1, Infinity, paths.length][turn++ % 5]!;
      if (turn % 2 === 0) paths.push(paths[0]!);
      if (turn % 3 === 0) paths.reverse();
      if (turn % 7 === 0) paths.length = 0;
      return wanted;
    });
  },
};

/** The name of a scheduler. */
export type PathSchedulerName = 'round-robin' | 'slowest-first' | 'one-alone' | 'careless';

/** All names. */
export const PATH_SCHEDULER_NAMES = Object.keys(PATH_SCHEDULERS) as readonly PathSchedulerName[];

const schedulerOf = (name: string, order: (paths: SchedulablePath[]) => number): PathScheduler => ({
  name,
  order,
});
