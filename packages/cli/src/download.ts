import type { QuicStream } from '@tsquic/quic-core';
import type { StreamHandlers } from 'tsquic/events';
import { type DownloadObserver, DownloadOutcome, type RunningDownload } from './download-outcome.ts';
import { Failure } from './failure.ts';
import type { FetchTarget } from './fetch-target.ts';
import type { Sink } from './sink.ts';

/**
 * Downloads one file on one stream: sends the request, and writes the body into a sink as fast as the sink
 * takes it.
 */
export class Download implements StreamHandlers, RunningDownload {
  private readonly target: FetchTarget;
  private readonly stream: QuicStream;
  private readonly observer: DownloadObserver;
  private readonly outcome: DownloadOutcome;
  private request: Uint8Array;

  constructor(target: FetchTarget, stream: QuicStream, sink: Sink, observer: DownloadObserver) {
    this.target = target;
    this.stream = stream;
    this.observer = observer;
    this.outcome = new DownloadOutcome(target, sink, observer, {
      onSpace: () => this.onReadable(),
      onSinkFailed: (error) => this.fail(error),
    });
    this.request = new TextEncoder().encode(`GET ${target.path}\r\n`);
    this.onWritable();
  }

  get isHeldUp(): boolean {
    return this.outcome.isHeldUp;
  }

  onWritable(): void {
    if (this.outcome.isOver || this.request.length === 0) return;
    this.request = this.request.subarray(this.stream.write(this.request, true));
  }

  onReadable(): void {
    this.outcome.store(this.stream);
    if (this.stream.finished) this.outcome.finish();
  }

  onReset(code: number): void {
    this.fail(resetFailure(this.target, code));
  }

  onReleased(): void {
    this.observer.onReleased();
  }

  onClosed(): void {
    this.fail(new Error('the connection ended first'));
  }

  /** Fail, for example when the connection ends. */
  fail(failure: unknown): void {
    if (this.outcome.fail(failure)) this.stream.stopSending(0);
  }
}

function resetFailure(target: FetchTarget, code: number): Failure {
  const reason = STATUS_REASONS[code] ?? 'the server gave up on this file';
  return new Failure('ERR_QUIC_STREAM_RESET', `${target.url}: ${reason} (0x${code.toString(16)})`);
}

/** Reasons for the error codes of our server, which are numbers of HTTP; other servers have other codes. */
const STATUS_REASONS: Readonly<Record<number, string>> = {
  400: 'the server did not understand the request',
  404: 'the server has no such file',
  414: 'the path is too long for the server',
  500: 'the server could not read the file',
  503: 'the server has too many files open',
};
