import type { CloseReason, QuicEvent } from '@tsquic/quic-core';
import type { ClientConnection } from './client-connection.ts';
import { Download, type DownloadObserver, type DownloadResult } from './download.ts';
import type { FetchTarget } from './fetch-target.ts';
import type { Sink } from './sink.ts';

/** What a connection did. */
export interface FetchResult {
  readonly downloads: readonly DownloadResult[];
  /** Undefined while the handshake never ended. */
  readonly handshakeMs: number | undefined;
  /** From the end of the handshake until the last file was stored. */
  readonly transferMs: number;
  readonly lostPackets: number;
  /** Sent and received. */
  readonly packets: number;
  readonly cipherSuite: string;
  readonly alpn: string;
  /** Why the connection ended before all was done. */
  readonly closeReason: CloseReason | undefined;
}

/** Options of `fetchAll`. */
export interface FetchOptions {
  /** None means: end when the handshake is confirmed. */
  readonly targets: readonly FetchTarget[];
  readonly sinkFor: (target: FetchTarget) => Sink;
  readonly onBytes?: (count: number) => void;
  readonly onResult?: (result: DownloadResult) => void;
}

/**
 * Fetch all targets on one connection, as many at once as the server and our own bounds allow. Resolves when
 * each has succeeded or failed; the connection is still open then, unless it failed.
 */
export function fetchAll(client: ClientConnection, options: FetchOptions): Promise<FetchResult> {
  return new Promise((resolve, reject) => {
    const fetcher = new Fetcher(client, options, resolve);
    client.onEvent = (event) => fetcher.onEvent(event);
    client.onError = reject;
  });
}

class Fetcher implements DownloadObserver {
  private readonly client: ClientConnection;
  private readonly options: FetchOptions;
  private readonly resolve: (result: FetchResult) => void;
  private readonly active: Map<number, Download> = new Map();
  private readonly downloads: DownloadResult[] = [];
  private readonly waiting: FetchTarget[];
  private readonly over: Set<FetchTarget> = new Set();
  private storing = 0;
  private connectedAt = 0;
  private connected: Extract<QuicEvent, { type: 'connected' }> | undefined = undefined;
  private closeReason: CloseReason | undefined = undefined;
  private settled = false;

  constructor(client: ClientConnection, options: FetchOptions, resolve: (result: FetchResult) => void) {
    this.client = client;
    this.options = options;
    this.waiting = [...options.targets];
    this.resolve = resolve;
  }

  onEvent(event: QuicEvent): void {
    switch (event.type) {
      case 'connected':
        this.connected = event;
        this.connectedAt = performance.now();
        this.begin();
        break;
      case 'confirmed':
        if (this.options.targets.length === 0) this.settle();
        break;
      case 'streams-available':
        if (this.connected !== undefined) this.begin();
        break;
      case 'stream-readable':
        this.active.get(event.streamId)?.onReadable();
        break;
      case 'stream-writable':
        this.active.get(event.streamId)?.onWritable();
        break;
      case 'stream-reset':
        this.active.get(event.streamId)?.onReset(event.code);
        break;
      case 'stream-released':
        this.active.delete(event.streamId);
        this.begin();
        break;
      case 'closed':
        this.onClosed(event.reason);
        break;
    }
  }

  onBytes(count: number): void {
    this.options.onBytes?.(count);
  }

  onRead(): void {
    this.client.wake();
  }

  onResult(result: DownloadResult): void {
    this.downloads.push(result);
    this.over.add(result.target);
    this.storing--;
    this.options.onResult?.(result);
    if (this.closeReason === undefined) {
      this.begin();
      this.client.wake();
    }
    this.settleWhenDone();
  }

  private begin(): void {
    const { waiting, options } = this;
    while (this.storing < MAX_AT_ONCE && this.closeReason === undefined) {
      const index = waiting.findIndex(({ after }) => after === undefined || this.over.has(after));
      if (index < 0) return;
      const stream = this.client.quic.openStream();
      if (stream === undefined) return;
      const target = waiting.splice(index, 1)[0] as FetchTarget;
      this.storing++;
      this.active.set(stream.id, new Download(target, stream, options.sinkFor(target), this));
    }
  }

  private onClosed(reason: CloseReason): void {
    this.closeReason = reason;
    const failure = new Error('the connection ended first');
    for (const download of this.active.values()) download.fail(failure);
    this.active.clear();
    this.settleWhenDone();
  }

  private settleWhenDone(): void {
    const begun = this.closeReason !== undefined || this.waiting.length === 0;
    if (begun && this.storing === 0) this.settle();
  }

  private settle(): void {
    if (this.settled) return;
    this.settled = true;
    const { handshakeUs, packetsLost, packetsSent, packetsReceived } = this.client.quic.statistics();
    this.resolve({
      downloads: this.downloads,
      handshakeMs: handshakeUs < 0 ? undefined : handshakeUs / 1000,
      transferMs: this.connected === undefined ? 0 : performance.now() - this.connectedAt,
      lostPackets: packetsLost,
      packets: packetsSent + packetsReceived,
      cipherSuite: this.connected?.cipherSuite ?? '',
      alpn: this.connected?.alpn ?? '',
      closeReason: this.closeReason,
    });
  }
}

/** Each download holds a file descriptor and up to two chunks. */
const MAX_AT_ONCE = 100;
