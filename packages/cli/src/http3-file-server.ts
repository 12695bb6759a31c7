import type { Http3Stream, RequestHead } from '@tsquic/http3';
import type { QuicConnection } from 'tsquic';
import { type Http3Extension, Http3Session, type Http3StreamHandlers } from 'tsquic/http3';
import { answerFileRequest } from './file-answer.ts';
import { FileSource } from './file-source.ts';
import type { ServerCounters } from './file-server.ts';

/** Answers the requests of HTTP/3 of one connection with files below `root`, a path from `realpath`. */
export function serveOverHttp3(
  connection: QuicConnection,
  root: string,
  counters: ServerCounters,
  extensions: readonly Http3Extension[],
): void {
  void new Http3Session(connection, {
    extensions,
    handlers: (session) => ({
      onRequest: (stream, head) =>
        new Http3Exchange(stream, head, { root, counters, wake: () => session.wake() }),
    }),
  });
}

interface Site {
  readonly root: string;
  readonly counters: ServerCounters;
  /** Is called after the stream was used outside of its handlers. */
  readonly wake: () => void;
}

/** One request and its response. */
class Http3Exchange implements Http3StreamHandlers {
  private readonly stream: Http3Stream;
  private readonly site: Site;
  private source: FileSource | undefined = undefined;
  private isOver = false;

  constructor(stream: Http3Stream, head: RequestHead, site: Site) {
    this.stream = stream;
    this.site = site;
    void this.answer(head);
  }

  onContent(): void {
    // Nothing here has a use for content: it is read, because browsers wait for an answer until all of theirs has left.
    while (this.stream.read(IGNORED) > 0);
  }

  onWritable(): void {
    this.source?.pump();
  }

  onStopped(): void {
    this.end();
  }

  onFailed(): void {
    this.end();
  }

  onClosed(): void {
    this.end();
  }

  private end(): void {
    this.isOver = true;
    this.source?.abort();
  }

  private async answer({ method, path, fields: lines }: RequestHead): Promise<void> {
    const { root, counters, wake } = this.site;
    const fields = Object.fromEntries(lines.map(({ name, value }) => [name, value]));
    const {
      status,
      fields: head,
      content,
    } = await answerFileRequest(root, { method, path, fields }).catch(() => FAULT);
    if (this.isOver) return content?.handle.close();
    if (status >= 400) counters.refused++;
    const answered = Object.entries(head).map(([name, value]) => ({ name, value }));
    this.stream.respond({ status, fields: answered }, content === undefined);
    if (content !== undefined) {
      const { stream } = this;
      const sent = (bytes: number, isWhole: boolean): void => {
        counters.bytes += bytes;
        if (isWhole) counters.files++;
      };
      const target = {
        write: (bytes: Uint8Array, ends: boolean): number => stream.write(bytes, ends),
        reset: () => stream.cancel(H3_INTERNAL_ERROR),
      };
      this.source = new FileSource(content, target, wake, sent);
      this.source.pump();
    }
    wake();
  }
}

const IGNORED: Uint8Array = new Uint8Array(16_384);
const FAULT = { status: 500, fields: { 'content-length': '0' }, content: undefined };
/** RFC 9114 §8.1 */
const H3_INTERNAL_ERROR = 0x102;
