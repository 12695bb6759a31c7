import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Workplace } from '../workplace.ts';
import type { Stack } from './stacks.ts';
import type { Work } from './works.ts';

/** What one run of a work by a stack came to. */
export interface Trial {
  readonly seconds: number;
  /** Bytes, requests, handshakes or connections. */
  readonly done: number;
  /** Milliseconds of processor time, of all threads, while it worked. */
  readonly clientCpuMs: number;
  readonly serverCpuMs: number;
  /** Bytes of resident memory that were added meanwhile. */
  readonly clientRssBytes: number;
  readonly serverRssBytes: number;
}

const PATIENCE_MS = 120_000;

/** Run a server and a client of the stack. Rejects with what either of them said last, or after two minutes. */
export async function runTrial(stack: Stack, work: Work, { cert, key }: Workplace): Promise<Trial> {
  const server = new Program([...stack.command(), 'serve', cert, key]);
  let client: Program | undefined;
  try {
    const port = await server.line(/^listening on .*:(\d+)$/);
    client = new Program([...stack.command(), work.verb, port, cert, ...work.sizes]);
    await client.line(/^(ready)$/);
    const before = [client.usage(), server.usage()] as const;
    client.go();
    const { seconds, done } = JSON.parse(await client.line(/^(\{.*\})$/)) as {
      seconds: number;
      done: number;
    };
    const after = [client.usage(), server.usage()] as const;
    return {
      seconds,
      done,
      clientCpuMs: after[0].cpuMs - before[0].cpuMs,
      serverCpuMs: after[1].cpuMs - before[1].cpuMs,
      clientRssBytes: after[0].rssBytes - before[0].rssBytes,
      serverRssBytes: after[1].rssBytes - before[1].rssBytes,
    };
  } finally {
    await Promise.all([client?.end(), server.end()]);
  }
}

/** A process of a stack, read line by line. */
class Program {
  private readonly child: ChildProcess;
  private readonly lines: string[] = [];
  private readonly name: string;
  private said = '';
  private onLine: () => void = () => {};
  private readonly closed: Promise<unknown>;
  private isClosed = false;

  constructor([program = '', ...words]: readonly string[]) {
    this.name = [program, ...words].join(' ');
    this.child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.on('error', (error) => (this.said = error.message));
    this.child.stdin?.on('error', () => {});
    this.child.stderr?.on('data', (data: Buffer) => (this.said = (this.said + data.toString()).slice(-500)));
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.lines.push(line);
      this.onLine();
    });
    this.closed = once(this.child, 'close').then(() => {
      this.isClosed = true;
      this.onLine();
    });
  }

  /** The first group of the first line that matches. */
  line(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${this.name}: silent for ${PATIENCE_MS / 1000} s`)),
        PATIENCE_MS,
      );
      this.onLine = () => {
        const found = this.lines.map((line) => pattern.exec(line)?.[1]).find((group) => group !== undefined);
        if (found === undefined && !this.isClosed) return;
        clearTimeout(timer);
        if (found === undefined) reject(new Error(`${this.name} ended: ${this.said}`));
        else resolve(found);
      };
      this.onLine();
    });
  }

  go(): void {
    this.child.stdin?.write('go\n');
  }

  /** Of all its threads: proc(5), in clock ticks of 10 ms and pages of 4 KiB. */
  usage(): { cpuMs: number; rssBytes: number } {
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
      .map(Number);
    const [user, system, pages] = [fields[11]!, fields[12]!, fields[21]!];
    return { cpuMs: (user + system) * 10, rssBytes: pages * 4096 };
  }

  async end(): Promise<void> {
    if (!this.isClosed) this.child.kill('SIGKILL');
    await this.closed;
  }
}
