import type { CloseReason, QuicStream, StreamSource } from '@tsquic/quic-core';
import type { QuicConnection } from 'tsquic';
import {
  type ConnectionHandlers,
  type StreamHandlers,
  takeEvents,
  type TakenConnection,
} from 'tsquic/events';
import { Failure } from './failure.ts';
import { Patience } from './patience.ts';
import { encodeResponseLength } from './perf-server.ts';
import { zeros } from './zeros.ts';

/** A measurement to make. */
export interface PerfPlan {
  /** Number of streams. */
  readonly transactions: number;
  /** Number of streams at a time. */
  readonly parallel: number;
  /** Bytes that each stream sends, with the 8 of the request. */
  readonly uploadBytes: number;
  /** Bytes that each stream requests. */
  readonly downloadBytes: number;
  /** Whether requests use unidirectional streams; responses then come on streams that the server opens. */
  readonly unidirectional: boolean;
  /** Milliseconds without progress after which the measurement ends. */
  readonly stallMs: number;
}

/** The result of a measurement. */
export interface PerfResult {
  /** From the first stream to the last byte of the last response. */
  readonly seconds: number;
  readonly transactions: number;
  readonly uploadedBytes: number;
  readonly downloadedBytes: number;
  /** Why the connection ended before all was measured. */
  readonly closeReason: CloseReason | undefined;
  /** What the server did instead of responding. */
  readonly failure: Failure | undefined;
  /** Whether it ended for want of progress. */
  readonly stalled: boolean;
}

/** Make a measurement on a connection; resolves when it is complete or the connection ends. */
export function measure(connection: QuicConnection, plan: PerfPlan): Promise<PerfResult> {
  return new Promise((resolve) => {
    takeEvents(connection, (taken) => new PerfRun(taken, plan, resolve)).begin();
  });
}

class PerfRun implements ConnectionHandlers {
  private readonly taken: TakenConnection;
  private readonly plan: PerfPlan;
  private readonly resolve: (result: PerfResult) => void;
  private readonly patience: Patience;
  private readonly scratch: Uint8Array = new Uint8Array(65_536);
  private readonly begunAt = performance.now();
  /** Streams whose bytes have all left. */
  private readonly asked: Set<number> = new Set();
  private uploadedBytes = 0;
  private begun = 0;
  private transactions = 0;
  private downloadedBytes = 0;

  constructor(taken: TakenConnection, plan: PerfPlan, resolve: (result: PerfResult) => void) {
    this.taken = taken;
    this.plan = plan;
    this.resolve = resolve;
    this.patience = new Patience(plan.stallMs, () => this.settle({ stalled: true }));
  }

  /** A response on a stream that the server opened. */
  onStream(stream: QuicStream): StreamHandlers {
    return this.handlersOf(stream);
  }

  onStreamsAvailable(): void {
    this.begin();
  }

  onClosed(closeReason: CloseReason): void {
    this.settle({ closeReason });
  }

  /** Send as many requests as may be sent now. */
  begin(): void {
    const { transactions, parallel, unidirectional } = this.plan;
    while (this.begun < transactions && this.begun - this.transactions < parallel) {
      const stream = this.taken.handle.openStream({ unidirectional });
      if (stream === undefined) break;
      this.begun++;
      this.taken.followStream(stream, this.handlersOf(stream));
      this.ask(stream);
    }
    this.taken.wake();
  }

  private handlersOf(stream: QuicStream): StreamHandlers {
    let bytes = 0;
    const fail = (code: number): void => this.settle({ failure: resetFailure(code) });
    return {
      onReadable: () => {
        bytes += this.read(stream);
        this.onAnswer(stream, bytes);
      },
      onDelivered: () => {
        // A unidirectional request for no bytes has no response.
        if (this.plan.unidirectional && this.plan.downloadBytes === 0) this.finish();
      },
      onReset: fail,
      onStopped: fail,
    };
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
    else stream.setSource(this.watched(zeros(rest, onAsked)));
  }

  /** Bytes that leave are progress. */
  private watched(source: StreamSource): StreamSource {
    return (room) => {
      // It is asked without room as well, while the server gives no credit.
      if (room.length > 0) this.patience.renew();
      return source(room);
    };
  }

  private read(stream: QuicStream): number {
    this.patience.renew();
    let bytes = 0;
    for (let count = stream.read(this.scratch); count > 0; count = stream.read(this.scratch)) bytes += count;
    this.downloadedBytes += bytes;
    return bytes;
  }

  private onAnswer(stream: QuicStream, bytes: number): void {
    // When the response comes before the upload has left, the upload is not measured.
    if (bytes > 0 && !this.hasAsked(stream.id)) return this.settle({ failure: earlyFailure() });
    if (!stream.finished) return;
    if (bytes === this.plan.downloadBytes) this.finish();
    else this.settle({ failure: lengthFailure(bytes, this.plan.downloadBytes) });
  }

  /**
   * Whether the response on this stream belongs to a request that has left: on unidirectional streams, any
   * request without a response.
   */
  private hasAsked(streamId: number): boolean {
    return this.plan.unidirectional ? this.asked.size > this.transactions : this.asked.has(streamId);
  }

  private finish(): void {
    this.transactions++;
    if (this.transactions === this.plan.transactions) this.settle({});
    else this.begin();
  }

  private settle(end: Partial<Pick<PerfResult, 'closeReason' | 'failure' | 'stalled'>>): void {
    this.patience.end();
    const { transactions, downloadedBytes, uploadedBytes } = this;
    this.resolve({
      seconds: (performance.now() - this.begunAt) / 1000,
      transactions,
      uploadedBytes,
      downloadedBytes,
      closeReason: end.closeReason,
      failure: end.failure,
      stalled: end.stalled ?? false,
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
