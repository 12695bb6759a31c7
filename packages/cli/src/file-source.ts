import type { ServedFile } from './lent-file.ts';
import { Status } from './served-file.ts';

/** What content is written to, until the stream has no room. */
export interface ContentStream {
  /** Returns how many bytes were taken; `ends` counts where all were. */
  write(bytes: Uint8Array, ends: boolean): number;
  /** Give up, with a status number of HTTP. */
  reset(status: number): void;
}

/** Sends one file on one stream, and reads it no faster than the stream takes it. */
export class FileSource {
  private readonly file: ServedFile;
  private readonly stream: ContentStream;
  private readonly onRead: () => void;
  private readonly onEnd: (sentBytes: number, isWhole: boolean) => void;
  private readonly chunk: Uint8Array;
  private at = 0;
  private end = 0;
  private readBytes = 0;
  private reading = false;
  private ended = false;

  /**
   * @param onRead - is called when bytes were written outside an event, so that the context has something to
   * send.
   * @param onEnd - is called exactly once, after the last byte was written or the source gave up.
   */
  constructor(
    file: ServedFile,
    stream: ContentStream,
    onRead: () => void,
    onEnd: (sentBytes: number, isWhole: boolean) => void,
  ) {
    this.file = file;
    this.stream = stream;
    this.onRead = onRead;
    this.onEnd = onEnd;
    this.chunk = new Uint8Array(Math.min(file.size, CHUNK_BYTES));
  }

  /** Write as much as possible. Call it once to begin, and whenever the stream is writable. */
  pump(): void {
    if (this.ended || this.reading) return;
    const isLast = this.readBytes === this.file.size;
    if (this.at < this.end || isLast) {
      this.at += this.stream.write(this.chunk.subarray(this.at, this.end), isLast);
      if (this.at < this.end) return;
    }
    if (isLast) this.finish(true);
    else void this.read();
  }

  /** Stop at once, because the stream or its connection has ended. */
  abort(): void {
    if (!this.ended) this.finish(false);
  }

  private async read(): Promise<void> {
    this.reading = true;
    const length = Math.min(this.chunk.length, this.file.size - this.readBytes);
    const count = await this.file.handle.read(this.chunk, 0, length, this.readBytes).then(
      ({ bytesRead }) => bytesRead,
      () => 0,
    );
    this.reading = false;
    if (this.ended) {
      this.close();
      return;
    }
    this.at = 0;
    this.end = count;
    this.readBytes += count;
    if (count > 0) this.pump();
    else this.giveUp();
    this.onRead();
  }

  /** The file cannot be read, or has become shorter. */
  private giveUp(): void {
    this.stream.reset(Status.ServerError);
    this.finish(false);
  }

  private finish(isWhole: boolean): void {
    this.ended = true;
    this.onEnd(this.readBytes - (this.end - this.at), isWhole);
    if (!this.reading) this.close();
  }

  private close(): void {
    this.file.handle.close().catch(() => {
      // The file was opened for reading, so that an error on closing loses no data.
    });
  }
}

const CHUNK_BYTES = 256 * 1024;
