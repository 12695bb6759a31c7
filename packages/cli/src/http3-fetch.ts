import type { CloseReason } from '@tsquic/quic-core';
import type { QuicConnection } from 'tsquic';
import { Http3Session } from 'tsquic/http3';
import type { DownloadObserver, RunningDownload } from './download-outcome.ts';
import type { FetchTarget } from './fetch-target.ts';
import { Http3Download } from './http3-download.ts';
import type { Sink } from './sink.ts';

/** What a fetcher is told of its connection. */
export interface FetchEvents {
  onStreamsAvailable(): void;
  onClosed(reason: CloseReason): void;
}

/** The requests of one connection, over HTTP/3. */
export class Http3Requests {
  private readonly session: Http3Session;

  constructor(connection: QuicConnection, events: FetchEvents) {
    this.session = new Http3Session(connection, {
      handlers: {
        onRequestsAvailable: () => events.onStreamsAvailable(),
        onClosed: (reason) => events.onClosed(reason),
      },
    });
  }

  /** Ask for a file; undefined where the server takes no further request now. */
  open(target: FetchTarget, sink: Sink, observer: DownloadObserver): RunningDownload | undefined {
    if (!this.session.engine.acceptsRequests) return undefined;
    const head = {
      ...{ method: 'GET', scheme: 'https', authority: new URL(target.url).host, path: target.path },
      fields: [{ name: 'user-agent', value: 'tsquic' }],
    };
    const download = new Http3Download(target, sink, observer);
    const stream = this.session.request(head, { ends: true }, download);
    if (stream === undefined) return undefined;
    download.begin(stream);
    return download;
  }

  wake(): void {
    this.session.wake();
  }
}
