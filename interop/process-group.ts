import type { ChildProcess } from 'node:child_process';

const leaders = new Set<number>();

/**
 * Watches over a child that was spawned with `detached: true`, and so leads a process group of its own:
 * the whole group is killed when this process ends, however it ends.
 */
export function adoptGroup(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  listen();
  leaders.add(pid);
  child.once('close', () => leaders.delete(pid));
}

/** Sends a signal to the child and everything it started. */
export function signalGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid !== undefined) signalPid(child.pid, signal);
}

let isListening = false;

function listen(): void {
  if (isListening) return;
  isListening = true;
  process.once('exit', () => {
    for (const pid of leaders) signalPid(pid, 'SIGKILL');
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
}

function signalPid(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
