import { decodeUtf8, encodeUtf8 } from '@tsquic/bytes';
import type { ConnectionOptions, QuicConnection } from '@tsquic/quic-core';
import type { Pair } from '../pair.ts';
import type { StreamCollector } from '../stream-collector.ts';

/**
 * How a client spreads its requests: over one connection; one connection for each, after the other; or over a second one
 * that resumes the first, which asks for one file. 'early': the second sends its requests in 0-RTT.
 */
export type ConnectionPlan = 'one' | 'each' | 'resumed' | 'early';

/** A file that was asked for. */
interface Download {
  readonly bytes: number;
  readonly collector: StreamCollector;
}

/** Asks for files by HTTP/0.9 as the runner's clients do: `GET /name` and the end of the stream. */
export class Downloads {
  /** Files that are there. */
  complete = 0;
  private readonly total: number;
  private readonly plan: ConnectionPlan;
  private readonly nameLength: number;
  /** Files of the connections that are to come. */
  private readonly batches: number[][];
  /** Files that this connection has not asked for. */
  private waiting: number[] = [];
  private running: Download[] = [];
  private connection: QuicConnection | undefined;
  private readonly wrong: string[] = [];

  constructor(files: readonly number[], plan: ConnectionPlan, nameLength: number) {
    this.total = files.length;
    this.plan = plan;
    this.nameLength = nameLength;
    if (plan === 'one') this.batches = [[...files]];
    else if (plan === 'each') this.batches = files.map((bytes) => [bytes]);
    else this.batches = [files.slice(0, 1), files.slice(1)];
  }

  /** Whether all files came, or none can come any more. */
  get hasEnded(): boolean {
    return this.complete === this.total || this.connection?.closeReason !== undefined;
  }

  /** Files that are missing or wrong. */
  get faults(): readonly string[] {
    const missing = this.total - this.complete;
    return missing === 0 ? this.wrong : [...this.wrong, `${missing} of ${this.total} files did not come`];
  }

  /** Take what has come, and ask for what may be asked for. */
  advance(pair: Pair, options: Partial<ConnectionOptions>): void {
    this.running = this.running.filter((download) => !this.collect(download));
    if (this.hasEnded) return;
    if (this.connection === undefined || this.mayConnectAgain(pair)) this.connect(pair, options);
    while (this.waiting.length > 0 && this.ask(pair)) this.waiting.shift();
  }

  /** End the last connection, as a client that has all files does. */
  close(): void {
    this.connection?.close();
  }

  private collect({ bytes, collector }: Download): boolean {
    if (!collector.finished) return false;
    this.complete++;
    if (collector.length !== bytes || !collector.isPattern)
      this.wrong.push(`${collector.length} of ${bytes} bytes came, as sent: ${collector.isPattern}`);
    return true;
  }

  /** A client that resumes waits for its ticket. */
  private mayConnectAgain({ client }: Pair): boolean {
    const isIdle = this.running.length === 0 && this.waiting.length === 0;
    return isIdle && (this.plan === 'each' || client.has('ticket'));
  }

  private connect(pair: Pair, options: Partial<ConnectionOptions>): void {
    this.close();
    this.waiting = this.batches.shift()!;
    const session = this.plan === 'each' ? undefined : pair.client.eventsOf('ticket').at(-1)?.ticket;
    this.connection = pair.connect({
      ...options,
      ...(session !== undefined && { session, earlyData: this.plan === 'early' }),
    });
  }

  private ask({ client }: Pair): boolean {
    const bytes = this.waiting[0]!;
    const request = encodeUtf8(`GET /${String(bytes).padStart(this.nameLength, 'x')}\r\n`);
    const connection = this.connection!;
    const feeder = client.trySend(request, {}, connection);
    if (feeder !== undefined) this.running.push({ bytes, collector: client.received(feeder.id, connection) });
    return feeder !== undefined;
  }
}

/** The length of the file that a request names. */
export function requestedBytes(request: Uint8Array): number {
  return Number(/^GET \/x*(\d+)\r\n$/.exec(decodeUtf8(request))?.[1]);
}
