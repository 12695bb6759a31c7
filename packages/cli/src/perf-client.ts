import type { CloseReason, QuicEvent, QuicStream } from '@tsquic/quic-core';
import type { ClientConnection } from './client-connection.ts';
import { encodeResponseLength } from './perf-server.ts';
import { ifAlive } from './stream-life.ts';
import { zeros } from './zeros.ts';

/** What to measure. */
export interface PerfPlan {
  /** Streams, one after the other. */
  readonly transactions: number;
  /** Bytes each sends, the 8 that ask included. */
  readonly uploadBytes: number;
  /** Bytes each asks for. */
  readonly downloadBytes: number;
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
}

/** Run a plan on a connection that begins; resolves when it is done or the connection ends. */
export function measure(client: ClientConnection, plan: PerfPlan): Promise<PerfResult> {
  return new Promise((resolve) => {
    const run = new PerfRun(client, plan, resolve);
    client.onEvent = (event) => run.onEvent(event);
  });
}

class PerfRun {
  private readonly client: ClientConnection;
  private readonly plan: PerfPlan;
  private readonly resolve: (result: PerfResult) => void;
  private readonly scratch: Uint8Array = new Uint8Array(65_536);
  private stream: QuicStream | undefined = undefined;
  private begunAt = 0;
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
        if (this.begunAt > 0 && this.stream === undefined) this.begin();
        break;
      case 'stream-readable':
        if (event.streamId === this.stream?.id) this.read(this.stream);
        break;
      case 'closed':
        this.settle(event.reason);
        break;
    }
  }

  private begin(): void {
    const { transactions, uploadBytes, downloadBytes } = this.plan;
    if (this.transactions === transactions) return this.settle(undefined);
    const stream = this.client.quic.openStream();
    this.stream = stream;
    if (stream === undefined) return;
    const head = encodeResponseLength(downloadBytes);
    const rest = Math.max(0, uploadBytes - head.length);
    stream.write(head, rest === 0);
    if (rest > 0) stream.setSource(zeros(rest));
  }

  private read(stream: QuicStream): void {
    for (;;) {
      const count = ifAlive(() => stream.read(this.scratch)) ?? 0;
      this.downloadedBytes += count;
      if (count === 0) break;
    }
    if (!stream.finished) return;
    this.transactions++;
    this.stream = undefined;
    this.begin();
  }

  private settle(closeReason: CloseReason | undefined): void {
    const { transactions, downloadedBytes, plan } = this;
    this.resolve({
      seconds: this.begunAt === 0 ? 0 : (performance.now() - this.begunAt) / 1000,
      transactions,
      uploadedBytes: transactions * Math.max(8, plan.uploadBytes),
      downloadedBytes,
      closeReason,
    });
  }
}
