import type { QuicStream } from '@tsquic/quic-core';
import { Status } from './served-file.ts';

/** Collects the one line of an HTTP/0.9 request from a stream. */
export class RequestLine {
  private readonly stream: QuicStream;
  private readonly bytes: Uint8Array = new Uint8Array(MAX_REQUEST_BYTES);
  private length = 0;

  constructor(stream: QuicStream) {
    this.stream = stream;
  }

  /** The requested path; a status that refuses the request; undefined while the line is incomplete. */
  read(): string | number | undefined {
    const count = this.stream.read(this.bytes.subarray(this.length));
    this.length += count;
    const line = this.bytes.subarray(0, this.length);
    const end = line.indexOf(LINE_FEED);
    if (end >= 0 || this.stream.finished) return pathOf(line.subarray(0, end < 0 ? this.length : end));
    return this.length === this.bytes.length ? Status.TooLong : undefined;
  }
}

/**
 * The path of a line. A request of HTTP/0.9 is `GET`, a space, and a path; clients end it with CR LF, LF or
 * the end of the stream.
 */
function pathOf(line: Uint8Array): string | number {
  const match = /^GET (\/[\u0021-\u007e]*)\r?$/.exec(new TextDecoder().decode(line));
  return match?.[1] ?? Status.BadRequest;
}

const MAX_REQUEST_BYTES = 4096;
const LINE_FEED = 0x0a;
