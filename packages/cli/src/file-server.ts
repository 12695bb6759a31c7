import type { QuicStream } from '@tsquic/quic-core';
import { type ConnectionHandlers, IgnoredStream, type StreamHandlers } from 'tsquic/events';
import { FileSource } from './file-source.ts';
import { RequestLine } from './request-line.ts';
import { openServedFile, Status } from './served-file.ts';
import { zeros } from './zeros.ts';

/** Counters of a server. */
export interface ServerCounters {
  files: number;
  bytes: number;
  refused: number;
}

/** Answers HTTP/0.9 requests on the bidirectional streams of one connection. */
export class FileServer implements ConnectionHandlers {
  private readonly root: string;
  private readonly counters: ServerCounters;
  private readonly wake: () => void;

  /**
   * @param root - a path from `realpath`.
   * @param wake - is called after streams were used outside their handlers.
   */
  constructor(root: string, counters: ServerCounters, wake: () => void) {
    this.root = root;
    this.counters = counters;
    this.wake = wake;
  }

  /**
   * Unidirectional streams cannot be answered; they are, for instance, control streams of HTTP/3. RFC 9000
   * §2.1
   */
  onStream(stream: QuicStream): StreamHandlers {
    if ((stream.id & 2) !== 0) return new IgnoredStream(stream);
    return new Exchange(stream, this.root, this.counters, this.wake);
  }
}

/** One request and its response. */
class Exchange implements StreamHandlers {
  private readonly stream: QuicStream;
  private readonly root: string;
  private readonly counters: ServerCounters;
  private readonly wake: () => void;
  private source: FileSource | undefined = undefined;
  private request: RequestLine | undefined;
  private aborted = false;

  constructor(stream: QuicStream, root: string, counters: ServerCounters, wake: () => void) {
    this.stream = stream;
    this.root = root;
    this.counters = counters;
    this.wake = wake;
    this.request = new RequestLine(stream);
  }

  onReadable(): void {
    const { request } = this;
    if (request === undefined) {
      // Data after the request is ignored, but has to be read, or it would keep the stream open.
      while (this.stream.read(IGNORED) > 0);
      return;
    }
    const path = request.read();
    if (path === undefined) return;
    this.request = undefined;
    if (typeof path === 'number') this.refuse(path);
    else void this.answer(path);
  }

  onWritable(): void {
    this.source?.pump();
  }

  onReset(): void {
    this.abort();
  }

  onStopped(): void {
    this.abort();
  }

  onClosed(): void {
    this.abort();
  }

  private abort(): void {
    this.aborted = true;
    this.source?.abort();
  }

  private async answer(path: string): Promise<void> {
    const file = await openServedFile(this.root, path);
    if (this.aborted) {
      if (typeof file !== 'number') await file.handle.close();
      return;
    }
    const size = file === Status.NotFound ? sizeOf(path) : undefined;
    if (size !== undefined) this.stream.setSource(zeros(size, () => this.sent(size, true)));
    else if (typeof file === 'number') this.refuse(file);
    else {
      this.source = new FileSource(file, this.stream, this.wake, (sentBytes, isWhole) =>
        this.sent(sentBytes, isWhole),
      );
      this.source.pump();
    }
    this.wake();
  }

  private sent(sentBytes: number, isWhole: boolean): void {
    this.counters.bytes += sentBytes;
    if (isWhole) this.counters.files++;
  }

  private refuse(status: number): void {
    this.counters.refused++;
    if (!this.stream.finished) this.stream.stopSending(status);
    this.stream.reset(status);
  }
}

/** The length of the response to a path that is a number and names no file: `/12345`. */
function sizeOf(path: string): number | undefined {
  return /^\/\d{1,12}$/.test(path) ? Number(path.slice(1)) : undefined;
}

const IGNORED: Uint8Array = new Uint8Array(4096);
