import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** The client under test as a program that runs for one row. */
export class ClientProgram {
  private readonly child: ChildProcess;

  /** @param command - for a shell; `$PORT` is the port to connect to. */
  constructor(command: string, port: number) {
    this.child = spawn(command, {
      shell: true,
      // A group of its own, so that the shell does not outlive what it started, nor the other way round.
      detached: true,
      stdio: 'ignore',
      env: { ...process.env, PORT: String(port) },
    });
    this.child.on('error', () => {});
  }

  /** End it, and wait until it has ended. */
  async end(): Promise<void> {
    const { child } = this;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
    await ended;
  }
}
