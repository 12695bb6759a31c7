import { formatBytes, formatRate } from './quantities.ts';
import type { Terminal } from './terminal.ts';

/**
 * Draws the progress of a transfer, ten times a second. HTTP/0.9 does not tell lengths, so the bar counts
 * files.
 */
export class Progress {
  private readonly terminal: Terminal;
  private readonly files: number;
  private readonly timer: NodeJS.Timeout;
  private readonly begun: number = performance.now();
  private bytes = 0;
  private filesDone = 0;
  /** What came by each path, as text. */
  private paths: () => string = () => '';

  constructor(terminal: Terminal, files: number) {
    this.terminal = terminal;
    this.files = files;
    this.timer = setInterval(() => this.draw(), 100).unref();
  }

  onBytes(count: number): void {
    this.bytes += count;
  }

  onFile(): void {
    this.filesDone++;
  }

  /** A connection begins, whose paths are told by this function. */
  onPaths(paths: () => string): void {
    this.paths = paths;
  }

  stop(): void {
    clearInterval(this.timer);
    this.terminal.status('');
  }

  private draw(): void {
    const seconds = (performance.now() - this.begun) / 1000;
    const paths = this.paths();
    const line = progressLine(this.filesDone, this.files, this.bytes, seconds);
    this.terminal.status(paths === '' ? line : `${line}  ${paths}`);
  }
}

/** One frame of the bar; for a single file, a mark that moves with the bytes. */
export function progressLine(filesDone: number, files: number, bytes: number, seconds: number): string {
  const position = files > 1 ? Math.floor((filesDone / files) * WIDTH) : Math.floor(seconds * 10) % WIDTH;
  const bar =
    files > 1
      ? '='.repeat(position) + ' '.repeat(WIDTH - position)
      : `${' '.repeat(position)}=${' '.repeat(WIDTH - 1 - position)}`;
  return `[${bar}] ${filesDone}/${files} files  ${formatBytes(bytes)}  ${formatRate(bytes, seconds)}`;
}

const WIDTH = 30;
