import type { Http3Stream } from '@tsquic/http3';
import type { Http3StreamHandlers, MessageFailure } from 'tsquic/http3';
import type { DownloadObserver, RunningDownload } from './download.ts';
import { Failure } from './failure.ts';
import type { FetchTarget } from './fetch-target.ts';
import type { Sink } from './sink.ts';

/** Downloads one file by a request of HTTP/3, and writes the content into a sink as fast as the sink takes it. */
export class Http3Download implements Http3StreamHandlers, RunningDownload {
  isHeldUp = false;
  private readonly target: FetchTarget;
  private readonly sink: Sink;
  private readonly observer: DownloadObserver;
  private stream: Pick<Http3Stream, 'read' | 'cancel'> | undefined = undefined;
  private bytes = 0;
  private isOver = false;

  constructor(target: FetchTarget, sink: Sink, observer: DownloadObserver) {
    this.target = target;
    this.sink = sink;
    this.observer = observer;
    sink.onSpace = () => {
      this.onContent();
      observer.onRead();
    };
    sink.onFailure = (error) => {
      this.fail(error);
      observer.onRead();
    };
  }

  /** Read from this stream. */
  begin(stream: Pick<Http3Stream, 'read' | 'cancel'>): void {
    this.stream = stream;
  }

  onResponse({ status }: { readonly status: number }): void {
    if (status >= 200 && status < 300) return;
    this.fail(
      new Failure(
        'ERR_TSQUIC_STATUS',
        `${this.target.url}: ${STATUS_REASONS[status] ?? 'the server says'} (${status})`,
      ),
    );
  }

  onContent(): void {
    while (!this.isOver && this.stream !== undefined) {
      const space = this.sink.space();
      this.isHeldUp = space === undefined;
      if (space === undefined) return;
      const count = this.stream.read(space);
      if (count === 0) return;
      this.bytes += count;
      this.sink.filled(count);
      this.observer.onBytes(count);
    }
  }

  onEnd(): void {
    if (!this.isOver) void this.finish();
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
    if (this.isOver) return;
    this.isOver = true;
    this.stream?.cancel();
    void this.discard(failure);
  }

  private async finish(): Promise<void> {
    this.isOver = true;
    try {
      this.report(await this.sink.finish(), undefined);
    } catch (error) {
      await this.discard(error);
    }
  }

  private async discard(failure: unknown): Promise<void> {
    try {
      await this.sink.abort();
    } catch {
      // The failure of the download is reported rather than that of its sink.
    }
    this.report('', failure);
  }

  private report(sha256: string, failure: unknown): void {
    this.observer.onResult({ target: this.target, bytes: this.bytes, sha256, failure });
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
