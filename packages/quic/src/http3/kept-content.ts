/**
 * Content that comes as a stream, whose beginning is kept: all of it can be sent again as long as what was read is little. Chunks that
 * are no bytes are passed on, for whoever sends them to refuse.
 */
export class KeptContent {
  private readonly source: ReadableStream<unknown>;
  private reader: ReadableStreamDefaultReader<unknown> | undefined = undefined;
  /** Copies of what was read; undefined once that was too much. */
  private kept: Uint8Array[] | undefined = [];
  private keptBytes = 0;
  /** Chunks that were read, and the last of them. */
  private count = 0;
  private last: unknown = undefined;
  private isDone = false;
  /** A read that was begun, perhaps for a way through the content that was given up meanwhile. */
  private pending: Promise<void> | undefined = undefined;
  /** The way through the content that is taken now. */
  private current: object = {};
  private cancelled: { readonly reason: unknown } | undefined = undefined;
  private isSettled = false;

  constructor(source: ReadableStream<unknown>) {
    this.source = source;
  }

  /** Whether it can be sent from its beginning on. */
  get canRepeat(): boolean {
    return this.kept !== undefined && !this.isSettled;
  }

  /** A way through it from its beginning on, in place of the one before. */
  open(): ReadableStream<unknown> {
    const way = {};
    this.current = way;
    this.cancelled = undefined;
    let at = 0;
    const pull = async (controller: ReadableStreamDefaultController<unknown>): Promise<void> => {
      const next = await this.chunkAt(at++);
      if (way !== this.current || this.cancelled !== undefined) return;
      if (next === undefined) controller.close();
      else controller.enqueue(next.chunk);
    };
    const cancel = (reason: unknown): void => this.onCancelled(way, reason);
    return new ReadableStream<unknown>({ pull, cancel }, { highWaterMark: 0 });
  }

  /** It will not be sent again: whoever supplies it hears from now on when nobody wants more of it. */
  settle(): void {
    this.isSettled = true;
    if (this.cancelled !== undefined) this.cancelSource(this.cancelled.reason);
  }

  private async chunkAt(index: number): Promise<{ readonly chunk: unknown } | undefined> {
    while (index >= this.count && !this.isDone) await (this.pending ??= this.readOn());
    if (index >= this.count) return undefined;
    return { chunk: index === this.count - 1 ? this.last : this.kept?.[index] };
  }

  private async readOn(): Promise<void> {
    try {
      this.reader ??= this.source.getReader();
      const { done, value } = await this.reader.read();
      if (done) this.isDone = true;
      else this.take(value);
    } finally {
      this.pending = undefined;
    }
  }

  private take(chunk: unknown): void {
    this.count++;
    this.last = chunk;
    if (!this.canRepeat) return;
    const isKept = chunk instanceof Uint8Array && (this.keptBytes += chunk.length) <= MOST_KEPT_BYTES;
    if (isKept) this.kept!.push(chunk.slice());
    else this.kept = undefined;
  }

  private onCancelled(way: object, reason: unknown): void {
    if (way !== this.current) return;
    this.cancelled = { reason };
    if (!this.canRepeat) this.cancelSource(reason);
  }

  private cancelSource(reason: unknown): void {
    this.reader ??= this.source.getReader();
    void this.reader.cancel(reason).catch(nothing);
  }
}

function nothing(): void {}

/** Bytes of content that are kept for sending it again. */
const MOST_KEPT_BYTES = 65_536;
