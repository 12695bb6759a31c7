import type { Chunk } from './chunk.ts';
import { DatagramLimits } from './datagram-limits.ts';
import { QuicReadable } from './web-readable.ts';

/** Most bytes of datagrams that wait. */
const MAX_WAITING_BYTES = 256 * 1024;

/** Received datagrams that wait to be read. */
export class DatagramInbox {
  readonly limits: DatagramLimits = new DatagramLimits(1024, () => this.trim());
  private readonly pull: () => Chunk | undefined;
  private readonly nowUs: () => number;
  private readonly waiting: { readonly data: Chunk; readonly atUs: number }[] = [];
  private waitingBytes = 0;
  private stream: QuicReadable | undefined = undefined;
  /** Called when a read waits and a datagram, or the end, has come. */
  private wanted: (() => void) | undefined = undefined;
  private ended: { readonly failure: unknown } | undefined = undefined;

  /** @param pull - takes a datagram out of the core. */
  constructor(pull: () => Chunk | undefined, nowUs: () => number) {
    this.pull = pull;
    this.nowUs = nowUs;
  }

  get readable(): ReadableStream<Chunk> {
    this.stream ??= QuicReadable.over({ pull: (controller) => this.serve(controller) }, { highWaterMark: 0 });
    return this.stream;
  }

  /** Take all datagrams out of the core; their age counts from now. */
  onReadable(): void {
    const atUs = this.nowUs();
    for (let data = this.pull(); data !== undefined; data = this.pull()) {
      this.waiting.push({ data, atUs });
      this.waitingBytes += data.length;
      this.trim();
    }
    this.wake();
  }

  /** The oldest datagram that is not too old, or undefined. */
  take(): Chunk | undefined {
    this.onReadable();
    for (let first = this.shift(); first !== undefined; first = this.shift())
      if (!this.limits.isTooOld(first.atUs, this.nowUs())) return first.data;
    return undefined;
  }

  /** No more datagrams come; those that wait can still be read. */
  end(failure: unknown): void {
    this.ended = { failure };
    this.wake();
  }

  private shift(): { readonly data: Chunk; readonly atUs: number } | undefined {
    const first = this.waiting.shift();
    this.waitingBytes -= first?.data.length ?? 0;
    return first;
  }

  private trim(): void {
    while (this.waiting.length > this.limits.highWaterMark || this.waitingBytes > MAX_WAITING_BYTES)
      this.shift();
  }

  private wake(): void {
    const { wanted } = this;
    this.wanted = undefined;
    wanted?.();
  }

  private async serve(controller: ReadableStreamDefaultController<Chunk>): Promise<void> {
    for (;;) {
      const data = this.take();
      if (data !== undefined) return controller.enqueue(data);
      if (this.ended !== undefined) break;
      await new Promise<void>((resolve) => {
        this.wanted = resolve;
      });
    }
    if (this.ended.failure === undefined) controller.close();
    else controller.error(this.ended.failure);
  }
}
