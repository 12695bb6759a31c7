import type { QuicStream } from '@tsquic/quic-core';
import type { StreamHandlers } from 'tsquic/events';
import { Failure } from './failure.ts';
import type { FetchTarget } from './fetch-target.ts';
import type { Sink } from './sink.ts';

/** How one download ended. */
export interface DownloadResult {
  readonly target: FetchTarget;
  readonly bytes: number;
  /** Hexadecimal; '' when it was not requested. */
  readonly sha256: string;
  /** Undefined when the file is complete. */
  readonly failure: unknown;
}

/** A download that has not ended. */
export interface RunningDownload {
  /** Whether bytes wait to be stored, so that none is read. */
  readonly isHeldUp: boolean;
}

/** Is told of the events of a download. */
export interface DownloadObserver {
  onBytes(count: number): void;
  /** The stream was read outside an event, so that the context may have credit to send. */
  onRead(): void;
  /** The peer may allow another stream. */
  onReleased(): void;
  /** The result, exactly once. */
  onResult(result: DownloadResult): void;
}

/**
 * Downloads one file on one stream: sends the request, and writes the body into a sink as fast as the sink
 * takes it.
 */
export class Download implements StreamHandlers, RunningDownload {
  private readonly target: FetchTarget;
  private readonly stream: QuicStream;
  private readonly sink: Sink;
  private readonly observer: DownloadObserver;
  private request: Uint8Array;
  private bytes = 0;
  private ended = false;
  /** Whether bytes wait to be stored, so that none is read. */
  isHeldUp = false;

  constructor(target: FetchTarget, stream: QuicStream, sink: Sink, observer: DownloadObserver) {
    this.target = target;
    this.stream = stream;
    this.sink = sink;
    this.observer = observer;
    this.request = new TextEncoder().encode(`GET ${target.path}\r\n`);
    sink.onSpace = () => {
      this.onReadable();
      observer.onRead();
    };
    sink.onFailure = (error) => this.fail(error);
    this.onWritable();
  }

  onWritable(): void {
    if (this.ended || this.request.length === 0) return;
    this.request = this.request.subarray(this.stream.write(this.request, true));
  }

  onReadable(): void {
    while (!this.ended) {
      const space = this.sink.space();
      this.isHeldUp = space === undefined;
      if (space === undefined) return;
      const count = this.stream.read(space);
      if (count > 0) {
        this.bytes += count;
        this.sink.filled(count);
        this.observer.onBytes(count);
      }
      if (this.stream.finished) void this.finish();
      else if (count === 0) return;
    }
  }

  onReset(code: number): void {
    if (!this.ended) this.fail(resetFailure(this.target, code));
  }

  onReleased(): void {
    this.observer.onReleased();
  }

  onClosed(): void {
    this.fail(new Error('the connection ended first'));
  }

  /** Fail, for example when the connection ends. */
  fail(failure: unknown): void {
    if (this.ended) return;
    this.ended = true;
    this.stream.stopSending(0);
    void this.discard(failure);
  }

  private async finish(): Promise<void> {
    this.ended = true;
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
