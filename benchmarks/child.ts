import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** The built command line tool, as arguments of Node. */
export const TSQUIC = 'packages/quic/bin/tsquic.mjs';

/** A process of Node, or of another runtime, and what it prints. */
export class Child {
  private readonly process: ChildProcess;
  private stdout = '';
  private readonly exited: Promise<number | null>;

  constructor(words: readonly string[], program: string = process.execPath) {
    this.process = spawn(program, words, {
      cwd: PROJECT,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.process.stdout?.on('data', (data: Buffer) => (this.stdout += data.toString()));
    this.exited = new Promise((resolve, reject) => {
      this.process.once('error', reject);
      this.process.once('close', resolve);
    });
  }

  /** Wait for `listening on HOST:PORT`; the port. */
  async listening(): Promise<string> {
    for (let waitedMs = 0; waitedMs < 20_000; waitedMs += 20) {
      const port = /^listening on .*:(\d+)$/m.exec(this.stdout)?.[1];
      if (port !== undefined) return port;
      if (this.process.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`no server: ${this.process.spawnargs.join(' ')}`);
  }

  /** Send it a message, and wait for its answer. Messages with `progress` come before that. */
  async ask<T>(message: object | string, onProgress: (progress: number) => void = () => {}): Promise<T> {
    this.process.send(message);
    return this.answer<T>(onProgress);
  }

  /** Wait for what it says next. */
  answer<T>(onProgress: (progress: number) => void = () => {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const onMessage = (message: T & { readonly progress?: number }): void => {
        if (message.progress !== undefined) return onProgress(message.progress);
        this.process.off('message', onMessage);
        resolve(message);
      };
      this.process.on('message', onMessage);
      void this.exited.then((code) =>
        reject(new Error(`${this.process.spawnargs.join(' ')} ended with ${code}`)),
      );
    });
  }

  /** Ask it to end. */
  stop(): void {
    this.process.kill('SIGTERM');
  }

  /** Wait for the end; the JSON in its last line. */
  async result<T>(): Promise<T> {
    const timer = setTimeout(() => this.process.kill('SIGKILL'), TIMEOUT_MS);
    const code = await this.exited;
    clearTimeout(timer);
    if (code !== 0) throw new Error(`${this.process.spawnargs.slice(1).join(' ')} ended with ${code}`);
    return JSON.parse(this.stdout.trimEnd().split('\n').at(-1) ?? '') as T;
  }
}

const TIMEOUT_MS = 180_000;
