import type { CloseReason, QuicEvent, QuicStream } from '@tsquic/quic-core';
import type { ClientConnection } from './client-connection.ts';
import { Failure } from './failure.ts';
import { encodeResponseLength } from './perf-server.ts';
import { zeros } from './zeros.ts';

/** What to measure. */
export interface PerfPlan {
  /** How many streams. */
  readonly transactions: number;
  /** How many of them at once. */
  readonly parallel: number;
  /** Bytes each sends, the 8 that ask included. */
  readonly uploadBytes: number;
  /** Bytes each asks for. */
  readonly downloadBytes: number;
  /** Ask on streams of one way; answers then come on streams that the server opens. */
  readonly unidirectional: boolean;
}

/** What was measured. */
export interface PerfResult {
  /** From the first stream to the last byte of the last answer. */
  readonly seconds: number;
  readonly transactions: number;
  readonly uploadedBytes: number;
  readonly downloadedBytes: number;
  /** Why the connection ended before all was done. */
  readonly closeReason: CloseReason | undefined;
  /** What the server did instead of answering. */
  readonly failure: Failure | undefined;
}

/** Run a plan on a connection that begins; resolves when it is done or the connection ends. */
export function measure(client: ClientConnection, plan: PerfPlan): Promise<PerfResult> {
  return new Promise((resolve, reject) => {
    const run = new PerfRun(client, plan, resolve);
    client.onEvent = (event) => run.onEvent(event);
    client.onError = reject;
  });
}

class PerfRun {
  private readonly client: ClientConnection;
  private readonly plan: PerfPlan;
  private readonly resolve: (result: PerfResult) => void;
  private readonly scratch: Uint8Array = new Uint8Array(65_536);
  /** Bytes of each answer so far, by the stream that brings it. */
  private readonly answers: Map<number, number> = new Map();
  /** Streams whose bytes have all left for the server. */
  private readonly asked: Set<number> = new Set();
  private uploadedBytes = 0;
  private begunAt = 0;
  private begun = 0;
  private transactions = 0;
  private downloadedBytes = 0;

  constructor(client: ClientConnection, plan: PerfPlan, resolve: (result: PerfResult) => void) {
    this.client = client;
    this.plan = plan;
    this.resolve = resolve;
  }

  onEvent(event: QuicEvent): void {
    switch (event.type) {
      case 'connected':
        this.begunAt = performance.now();
        this.begin();
        break;
      case 'streams-available':
        if (this.begunAt > 0) this.begin();
        break;
      case 'stream-opened':
        this.answers.set(event.streamId, 0);
        this.read(event.streamId);
        break;
      case 'stream-readable':
        this.read(event.streamId);
        break;
      case 'stream-delivered':
        // Who asks for nothing on a stream of one way hears nothing.
        if (this.plan.unidirectional && this.plan.downloadBytes === 0) this.finish();
        break;
      case 'stream-reset':
      case 'stream-stopped':
        this.settle({ failure: resetFailure(event.code) });
        break;
      case 'closed':
        this.settle({ closeReason: event.reason });
        break;
    }
  }

  private begin(): void {
    const { transactions, parallel, unidirectional } = this.plan;
    while (this.begun < transactions && this.begun - this.transactions < parallel) {
      const stream = this.client.quic.openStream({ unidirectional });
      if (stream === undefined) return;
      this.begun++;
      if (!unidirectional) this.answers.set(stream.id, 0);
      this.ask(stream);
    }
  }

  private ask(stream: QuicStream): void {
    const head = encodeResponseLength(this.plan.downloadBytes);
    const rest = Math.max(0, this.plan.uploadBytes - head.length);
    const onAsked = (): void => {
      this.uploadedBytes += head.length + rest;
      this.asked.add(stream.id);
    };
    stream.write(head, rest === 0);
    if (rest === 0) onAsked();
    else stream.setSource(zeros(rest, onAsked));
  }

  private read(streamId: number): void {
    const stream = this.client.quic.stream(streamId);
    let bytes = this.answers.get(streamId);
    if (stream === undefined || bytes === undefined) return;
    for (;;) {
      const count = stream.read(this.scratch);
      bytes += count;
      this.downloadedBytes += count;
      if (count === 0) break;
    }
    this.answers.set(streamId, bytes);
    // An upload that was answered before it had left says nothing about how fast it can be.
    if (bytes > 0 && !this.hasAsked(streamId)) return this.settle({ failure: earlyFailure() });
    if (!stream.finished) return;
    this.answers.delete(streamId);
    if (bytes === this.plan.downloadBytes) this.finish();
    else this.settle({ failure: lengthFailure(bytes, this.plan.downloadBytes) });
  }

  /** Whether the answer on this stream has a question: on streams of one way, any that is not answered yet. */
  private hasAsked(streamId: number): boolean {
    return this.plan.unidirectional ? this.asked.size > this.transactions : this.asked.has(streamId);
  }

  private finish(): void {
    this.transactions++;
    if (this.transactions === this.plan.transactions) this.settle({});
    else this.begin();
  }

  private settle(end: { readonly closeReason?: CloseReason; readonly failure?: Failure }): void {
    const { transactions, downloadedBytes, uploadedBytes } = this;
    this.resolve({
      seconds: this.begunAt === 0 ? 0 : (performance.now() - this.begunAt) / 1000,
      transactions,
      uploadedBytes,
      downloadedBytes,
      closeReason: end.closeReason,
      failure: end.failure,
    });
  }
}

function resetFailure(code: number): Failure {
  return new Failure('ERR_QUIC_STREAM_RESET', `the server gave up an answer with ${code}`);
}

function earlyFailure(): Failure {
  return new Failure(
    'ERR_TSQUIC_PERF',
    'the server answered before it had read the upload',
    'draft-banks-quic-performance-00 §2.3',
  );
}

function lengthFailure(bytes: number, wanted: number): Failure {
  return new Failure('ERR_TSQUIC_PERF', `the server answered with ${bytes} bytes instead of ${wanted}`);
}
