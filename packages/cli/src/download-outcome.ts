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

/** Bytes of a stream on their way into a sink, and what comes of them: told once, by whichever end is first. */
export class DownloadOutcome implements RunningDownload {
  isHeldUp = false;
  isOver = false;
  private readonly target: FetchTarget;
  private readonly sink: Sink;
  private readonly observer: DownloadObserver;
  private bytes = 0;

  /**
   * @param onSpace - reads on, because the sink has space again.
   * @param onSinkFailed - ends the stream, because nothing more can be stored.
   */
  constructor(
    target: FetchTarget,
    sink: Sink,
    observer: DownloadObserver,
    streams: { readonly onSpace: () => void; readonly onSinkFailed: (error: unknown) => void },
  ) {
    this.target = target;
    this.sink = sink;
    this.observer = observer;
    sink.onSpace = () => {
      streams.onSpace();
      observer.onRead();
    };
    sink.onFailure = (error) => {
      streams.onSinkFailed(error);
      observer.onRead();
    };
  }

  /** Store what the stream has now, as far as the sink has space. */
  store(stream: { read(into: Uint8Array): number }): void {
    while (!this.isOver) {
      const space = this.sink.space();
      this.isHeldUp = space === undefined;
      if (space === undefined) return;
      const count = stream.read(space);
      if (count === 0) return;
      this.bytes += count;
      this.sink.filled(count);
      this.observer.onBytes(count);
    }
  }

  /** All bytes have come. */
  finish(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.sink.finish().then(
      (sha256) => this.report(sha256, undefined),
      (error: unknown) => this.discard(error),
    );
  }

  /** They never will. Returns false where the download had ended before. */
  fail(failure: unknown): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.discard(failure);
    return true;
  }

  private discard(failure: unknown): void {
    const report = (): void => this.report('', failure);
    // The failure of the download is reported rather than that of its sink.
    this.sink.abort().then(report, report);
  }

  private report(sha256: string, failure: unknown): void {
    this.observer.onResult({ target: this.target, bytes: this.bytes, sha256, failure });
  }
}
