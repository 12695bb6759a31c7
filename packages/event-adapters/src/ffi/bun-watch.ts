import type { OnReady } from './native-system.ts';
import type { PollBell } from './poll-bell.ts';
import type { PollSet } from './poll-set.ts';
import { type Readiness, throwSoon } from './readiness.ts';

/** Opens a descriptor as a stream of what is read from it: `Bun.file(fd).stream()`. */
export type OpenStream = (fd: number) => ReadableStream<Uint8Array>;

/**
 * Has Bun's event loop look at a `PollSet` when one of its sockets is ready, and as long as there is one keeps the program running.
 * Bun tells nobody that a descriptor can be read, but it reads those that are opened as a stream, so that it is given the one of a `PollBell`.
 * Such a stream always keeps the program running: where no socket wants that, a timer looks.
 */
export class BunWatch {
  private readonly set: PollSet;
  private readonly bell: PollBell;
  private readonly openStream: OpenStream;
  private reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private timerMs = SHORTEST_MS;
  /** Reading the bell has failed, so that only timers are left. */
  private isBroken = false;
  private isChanging = false;

  constructor(set: PollSet, bell: PollBell, openStream: OpenStream) {
    this.set = set;
    this.bell = bell;
    this.openStream = openStream;
    set.onChange = () => this.onChange();
  }

  /** See `NativeSystem.watch`. Throws once only timers are left: other kinds of sockets hear sooner. */
  watch(fd: number, onReady: OnReady): Readiness {
    if (this.isBroken) throw new Error('Bun does not tell when a socket is ready');
    return this.set.watch(fd, onReady);
  }

  /** What keeps the program running begins at once; it ends a little later, because sockets often close as others open. */
  private onChange(): void {
    if (this.set.isReferenced) this.settle();
    else if (!this.isChanging) {
      this.isChanging = true;
      setImmediate(() => {
        this.isChanging = false;
        this.settle();
      });
    }
  }

  private settle(): void {
    const { set } = this;
    if (set.isReferenced && !this.isBroken && this.reader === undefined) void this.read();
    // It may have failed at once.
    const reads = set.isReferenced && !this.isBroken;
    if (!reads) this.stopReading();
    if (reads || set.size === 0) this.stopTimer();
    else this.startTimer();
  }

  private async read(): Promise<void> {
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    try {
      this.reader = reader = this.openStream(this.bell.fd).getReader();
      for (;;) {
        // What an earlier stream has read, and nobody heard of, rings again.
        if (!this.bell.arm()) throw new Error('the system rings no more');
        const { done } = await reader.read();
        if (this.reader !== reader) return;
        if (done) throw new Error('the stream of a bell has ended');
        this.look();
      }
    } catch {
      if (this.reader !== reader) return;
      this.isBroken = true;
      this.settle();
    }
  }

  private stopReading(): void {
    const { reader } = this;
    this.reader = undefined;
    reader?.cancel().catch(() => {});
  }

  private startTimer(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.timerMs = this.look() ? SHORTEST_MS : Math.min(2 * this.timerMs, LONGEST_MS);
      this.settle();
    }, this.timerMs);
    if (!this.set.isReferenced) this.timer.unref();
    else this.timer.ref();
  }

  private stopTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.timerMs = SHORTEST_MS;
  }

  private look(): boolean {
    try {
      return this.set.dispatch();
    } catch (error) {
      throwSoon(error);
      return true;
    }
  }
}

/** Of a timer that looks: after it found something, and after it found nothing for long. */
const SHORTEST_MS = 1;
const LONGEST_MS = 16;
