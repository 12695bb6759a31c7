import type { Http3Stream } from '@tsquic/http3';
import type { Http3StreamHandlers, MessageFailure } from 'tsquic/http3';
import { type DownloadObserver, DownloadOutcome, type RunningDownload } from './download-outcome.ts';
import { Failure } from './failure.ts';
import type { FetchTarget } from './fetch-target.ts';
import type { Sink } from './sink.ts';

/** Downloads one file by a request of HTTP/3, and writes the content into a sink as fast as the sink takes it. */
export class Http3Download implements Http3StreamHandlers, RunningDownload {
  private readonly target: FetchTarget;
  private readonly observer: DownloadObserver;
  private readonly outcome: DownloadOutcome;
  private stream: Pick<Http3Stream, 'read' | 'cancel'> | undefined = undefined;

  constructor(target: FetchTarget, sink: Sink, observer: DownloadObserver) {
    this.target = target;
    this.observer = observer;
    this.outcome = new DownloadOutcome(target, sink, observer, {
      onSpace: () => this.onContent(),
      onSinkFailed: (error) => this.fail(error),
    });
  }

  get isHeldUp(): boolean {
    return this.outcome.isHeldUp;
  }

  /** Read from this stream. */
  begin(stream: Pick<Http3Stream, 'read' | 'cancel'>): void {
    this.stream = stream;
  }

  onResponse({ status }: { readonly status: number }): void {
    if (status >= 200 && status < 300) return;
    const reason = STATUS_REASONS[status] ?? 'the server says';
    this.fail(new Failure('ERR_TSQUIC_STATUS', `${this.target.url}: ${reason} (${status})`));
  }

  onContent(): void {
    if (this.stream !== undefined) this.outcome.store(this.stream);
  }

  onEnd(): void {
    this.outcome.finish();
    this.observer.onReleased();
  }

  onFailed({ code, text, isRemote }: MessageFailure): void {
    const who = isRemote ? 'the server gave up on this file' : text;
    this.fail(new Failure('ERR_QUIC_STREAM_RESET', `${this.target.url}: ${who} (0x${code.toString(16)})`));
    this.observer.onReleased();
  }

  onClosed(): void {
    this.fail(new Error('the connection ended first'));
  }

  private fail(failure: unknown): void {
    if (this.outcome.fail(failure)) this.stream?.cancel();
  }
}

/** RFC 9110 §15 */
const STATUS_REASONS: Readonly<Record<number, string>> = {
  301: 'the server has it elsewhere',
  400: 'the server did not understand the request',
  403: 'the server does not give it',
  404: 'the server has no such file',
  421: 'the server does not answer for this name',
  500: 'the server could not read the file',
  503: 'the server is busy',
};
