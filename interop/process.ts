import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import type { Command } from './peer.ts';
import { adoptGroup, signalGroup } from './process-group.ts';

/** How a process ended. */
export interface Ending {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly timedOut: boolean;
  /** Its output matched the command's `success`, whereupon it was stopped. */
  readonly matchedSuccess: boolean;
}

/** A child process whose output goes to a log file and can be waited for. */
export class Subprocess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #command: Command;
  readonly #watchers = new Set<() => void>();
  #output = '';
  #running = true;
  #failure = '';

  constructor(command: Command, logPath: string, workingDirectory: string) {
    const [program = '', ...args] = command.argv;
    this.#command = command;
    // A group of its own, so that wrappers do not leave the real program behind.
    this.#child = spawn(program, args, {
      cwd: workingDirectory,
      detached: true,
      env: { ...process.env, ...command.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    adoptGroup(this.#child);
    const log = createWriteStream(logPath);
    log.write(`$ ${command.argv.slice(0, LOGGED_ARGUMENTS).join(' ')}\n`);
    const take = (chunk: Buffer): void => {
      if (!log.writableEnded) log.write(chunk);
      this.#output = (this.#output + chunk.toString('latin1')).slice(-KEPT_OUTPUT);
      for (const watcher of this.#watchers) watcher();
    };
    this.#child.stdout?.on('data', take);
    this.#child.stderr?.on('data', take);
    this.#exited = new Promise((resolve) => {
      const end = (failure: string): void => {
        this.#running = false;
        this.#failure ||= failure;
        if (!log.writableEnded) log.end(failure === '' ? '' : `${failure}\n`);
        resolve();
        for (const watcher of this.#watchers) watcher();
      };
      this.#child.once('error', (error) => end(`cannot be started: ${error.message}`));
      this.#child.once('close', () => end(''));
    });
  }

  /** The last part of everything it printed. */
  get output(): string {
    return this.#output;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Why it could not be started, or ''. */
  get failure(): string {
    return this.#failure;
  }

  /** Resolves to whether the output matched before the process ended or the time was up. */
  async printed(pattern: RegExp, timeoutMs: number): Promise<boolean> {
    await this.#watch(() => pattern.test(this.#output) || !this.#running, timeoutMs);
    return pattern.test(this.#output);
  }

  /** Waits for the end, or for the command's `success`, and makes sure that the process is gone. */
  async ended(timeoutMs: number): Promise<Ending> {
    const { success } = this.#command;
    const matches = (): boolean => success?.test(this.#output) ?? false;
    await this.#watch(() => matches() || !this.#running, timeoutMs);
    const timedOut = this.#running && !matches();
    await this.stop();
    return {
      code: this.#child.exitCode ?? undefined,
      signal: this.#child.signalCode ?? undefined,
      timedOut,
      matchedSuccess: matches(),
    };
  }

  /** Asks the process to end, then makes it. */
  async stop(): Promise<void> {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (!this.#running) break;
      signalGroup(this.#child, signal);
      await this.#watch(() => !this.#running, STOP_PATIENCE_MS);
    }
    if (this.#failure === '') await this.#exited;
  }

  #watch(isDone: () => boolean, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        resolve();
      };
      const check = (): void => {
        if (isDone()) finish();
      };
      const timer = setTimeout(finish, timeoutMs);
      this.#watchers.add(check);
      check();
    });
  }
}

const LOGGED_ARGUMENTS = 24;
const KEPT_OUTPUT = 256 * 1024;
const STOP_PATIENCE_MS = 1500;
