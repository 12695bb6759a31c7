import type { CloseReason, QuicStream } from '@tsquic/quic-core';
import type { QuicConnection } from 'tsquic';
import {
  type ConnectionHandlers,
  IgnoredStream,
  type StreamHandlers,
  takeEvents,
  type TakenConnection,
} from 'tsquic/events';
import { Download } from './download.ts';
import type { DownloadObserver, DownloadResult, RunningDownload } from './download-outcome.ts';
import type { FetchTarget } from './fetch-target.ts';
import { type PathShare, sharesOf } from './further-paths.ts';
import type { FetchEvents } from './http3-fetch.ts';
import { Patience } from './patience.ts';
import type { Sink } from './sink.ts';

/** The results of one connection. */
export interface FetchResult {
  readonly downloads: readonly DownloadResult[];
  /** Undefined when the handshake did not complete. */
  readonly handshakeMs: number | undefined;
  /** From the end of the handshake until the last file was stored, milliseconds. */
  readonly transferMs: number;
  readonly lostPackets: number;
  /** Packets sent and received. */
  readonly packets: number;
  /** The negotiated version of QUIC. */
  readonly version: number;
  readonly cipherSuite: string;
  readonly alpn: string;
  readonly earlyData: QuicConnection['earlyData'];
  /** Why the connection ended before all was fetched. */
  readonly closeReason: CloseReason | undefined;
  /** What came by each path, where there were several. */
  readonly paths: readonly PathShare[];
  /** Whether that was for want of progress. */
  readonly stalled: boolean;
}

/** Options of `fetchAll`. */
export interface FetchOptions {
  /** 'h3', or any other for HTTP/0.9. */
  readonly alpn: string;
  /** Empty: end when the handshake is confirmed. */
  readonly targets: readonly FetchTarget[];
  readonly sinkFor: (target: FetchTarget) => Sink;
  /** Milliseconds without progress after which the connection is closed. */
  readonly stallMs: number;
  readonly onBytes?: (count: number) => void;
  readonly onResult?: (result: DownloadResult) => void;
}

/**
 * Fetch all targets on one connection, as many at once as the server and our own limits allow. Resolves when
 * each has succeeded or failed; the connection is still open then, unless it failed.
 */
export async function fetchAll(connection: QuicConnection, options: FetchOptions): Promise<FetchResult> {
  const http3 = options.alpn === 'h3' ? await import('./http3-fetch.ts') : undefined;
  return new Promise((resolve) => {
    const fetcher = new Fetcher(connection, options, resolve);
    if (http3 !== undefined) fetcher.begin(new http3.Http3Requests(connection, fetcher));
    else takeEvents(connection, (taken) => new LineRequests(taken, fetcher)).begin();
  });
}

/** How requests are made on a connection. */
interface Requests {
  /** Ask for a file; undefined where the server takes no further request now. */
  open(target: FetchTarget, sink: Sink, observer: DownloadObserver): RunningDownload | undefined;
  /** Something was read outside of an event. */
  wake(): void;
}

/** The requests of one connection, over HTTP/0.9. */
class LineRequests implements ConnectionHandlers, Requests {
  private readonly taken: TakenConnection;
  private readonly fetcher: Fetcher;

  constructor(taken: TakenConnection, fetcher: Fetcher) {
    this.taken = taken;
    this.fetcher = fetcher;
  }

  begin(): void {
    this.fetcher.begin(this);
  }

  open(target: FetchTarget, sink: Sink, observer: DownloadObserver): RunningDownload | undefined {
    const stream = this.taken.handle.openStream();
    if (stream === undefined) return undefined;
    const download = new Download(target, stream, sink, observer);
    this.taken.followStream(stream, download);
    return download;
  }

  wake(): void {
    this.taken.wake();
  }

  /** A server of HTTP/0.9 opens no streams, but one that also supports HTTP/3 opens its control streams. */
  onStream(stream: QuicStream): StreamHandlers | undefined {
    return (stream.id & 2) !== 0 ? new IgnoredStream(stream) : undefined;
  }

  onStreamsAvailable(): void {
    this.fetcher.onStreamsAvailable();
  }

  onClosed(reason: CloseReason): void {
    this.fetcher.onClosed(reason);
  }
}

class Fetcher implements FetchEvents, DownloadObserver {
  private readonly connection: QuicConnection;
  private requests: Requests | undefined = undefined;
  private readonly options: FetchOptions;
  private readonly resolve: (result: FetchResult) => void;
  private readonly downloads: DownloadResult[] = [];
  private readonly waiting: FetchTarget[];
  private readonly over: Set<FetchTarget> = new Set();
  private readonly begunAt = performance.now();
  private readonly running: Map<FetchTarget, RunningDownload> = new Map();
  private readonly patience: Patience;
  private stalled = false;
  private closeReason: CloseReason | undefined = undefined;
  private settled = false;

  constructor(connection: QuicConnection, options: FetchOptions, resolve: (result: FetchResult) => void) {
    this.connection = connection;
    this.options = options;
    this.waiting = [...options.targets];
    this.resolve = resolve;
    this.patience = new Patience(
      options.stallMs,
      () => this.giveUp(),
      () => [...this.running.values()].some(({ isHeldUp }) => isHeldUp),
    );
  }

  /** Send as many requests as may be sent now. */
  begin(requests: Requests): void {
    this.requests = requests;
    if (this.options.targets.length === 0) this.connection.ready.then(() => this.settle(), ignore);
    else this.ask();
  }

  onStreamsAvailable(): void {
    this.patience.renew();
    this.ask();
  }

  onClosed(reason: CloseReason): void {
    this.closeReason = reason;
    this.settleWhenDone();
  }

  onBytes(count: number): void {
    this.patience.renew();
    this.options.onBytes?.(count);
  }

  onRead(): void {
    this.requests?.wake();
  }

  onReleased(): void {
    this.ask();
  }

  onResult(result: DownloadResult): void {
    this.downloads.push(result);
    this.over.add(result.target);
    this.running.delete(result.target);
    this.patience.renew();
    this.options.onResult?.(result);
    this.ask();
    this.settleWhenDone();
  }

  private ask(): void {
    const { waiting, options, requests } = this;
    if (requests === undefined) return;
    while (this.running.size < MAX_AT_ONCE && this.closeReason === undefined) {
      const index = waiting.findIndex(({ after }) => after === undefined || this.over.has(after));
      if (index < 0) break;
      const target = waiting[index] as FetchTarget;
      const download = requests.open(target, options.sinkFor(target), this);
      if (download === undefined) break;
      waiting.splice(index, 1);
      this.running.set(target, download);
    }
    requests.wake();
  }

  private giveUp(): void {
    this.stalled = true;
    void this.connection.close();
  }

  private settleWhenDone(): void {
    const begun = this.closeReason !== undefined || this.waiting.length === 0;
    if (begun && this.running.size === 0) this.settle();
  }

  private settle(): void {
    if (this.settled) return;
    this.settled = true;
    this.patience.end();
    const { handshakeUs, version, packetsLost, packetsSent, packetsReceived } = this.connection.statistics();
    this.resolve({
      downloads: this.downloads,
      handshakeMs: handshakeUs < 0 ? undefined : handshakeUs / 1000,
      transferMs: performance.now() - this.begunAt,
      lostPackets: packetsLost,
      packets: packetsSent + packetsReceived,
      version,
      cipherSuite: this.connection.cipher,
      alpn: this.connection.alpnProtocol,
      earlyData: this.connection.earlyData,
      closeReason: this.closeReason,
      paths: sharesOf(this.connection.pathStatistics()),
      stalled: this.stalled,
    });
  }
}

function ignore(): void {}

/** A limit, because each download holds a file descriptor and up to two chunks. */
const MAX_AT_ONCE = 100;
