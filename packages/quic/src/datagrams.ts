import type {
  DatagramAnswer,
  DatagramCounts,
  DatagramOutcome,
  DatagramSource,
  QuicConnection as ConnectionHandle,
} from '@tsquic/quic-core';
import type { Chunk } from './chunk.ts';
import type { Endpoint } from './endpoint.ts';
import { DatagramInbox } from './datagram-inbox.ts';
import { DatagramOutbox } from './datagram-outbox.ts';
import { DatagramOutcomes } from './datagram-outcomes.ts';
import { checkSendDatagram } from './option-checks.ts';
import type { SendDatagramOptions } from './options.ts';
import { use } from './usage.ts';
import { invalidChunk } from './web-writable.ts';

/**
 * The datagrams of a connection (RFC 9221): unreliable, unordered, each in one packet; congestion controlled, and not flow
 * controlled. Names and meanings are those of WebTransportDatagramDuplexStream where it has them; besides there are plain
 * calls. What comes is shared by `readable` and `receive`.
 *
 * An end takes datagrams only with `transport.maxDatagramFrameBytes`; 65535 takes all that fit into a packet.
 */
export class QuicDatagrams {
  /** Is called with each new `maxDatagramSize`. */
  onMaxDatagramSizeChange: ((size: number) => void) | undefined = undefined;
  private readonly handle: ConnectionHandle;
  private readonly endpoint: Endpoint;
  private readonly inbox: DatagramInbox;
  private readonly outbox: DatagramOutbox;
  private readonly outcomes: DatagramOutcomes = new DatagramOutcomes();
  /** Supplies datagrams after those of `writable`. */
  private source: DatagramSource | undefined = undefined;

  /** @internal */
  constructor(endpoint: Endpoint, handle: ConnectionHandle) {
    this.endpoint = endpoint;
    this.handle = handle;
    const nowUs = (): number => endpoint.nowUs();
    this.inbox = new DatagramInbox(() => handle.datagrams.receive() as Chunk | undefined, nowUs);
    this.outbox = new DatagramOutbox(
      { nowUs, createAlarm: (task) => endpoint.createAlarm(task) },
      () => this.maxDatagramSize,
      () => this.ask(),
    );
    inners.set(this, {
      onReadable: () => this.inbox.onReadable(),
      onOutcome: (tag, outcome) => this.outcomes.tell(tag, outcome),
      onSize: (maxBytes) => this.onMaxDatagramSizeChange?.(Math.max(maxBytes, 0)),
      end: (error, isFailure) => {
        this.inbox.end(isFailure ? error : undefined);
        this.outbox.end(error);
        this.outcomes.clear();
      },
    });
  }

  /**
   * Most bytes of a datagram that fits now; 0 when none may be sent, because the peer takes none. It changes with the
   * path.
   */
  get maxDatagramSize(): number {
    return Math.max(this.handle.datagrams.maxBytes, 0);
  }

  /**
   * How urgent datagrams are among the streams of the connection, 0 to 255, lower ones first; with streams of the same priority
   * they take turns, packet by packet. Default: `transport.datagramPriority`, 8. Throws `ERR_QUIC_INVALID_OPTION` for what is none.
   */
  get priority(): number {
    return this.handle.datagrams.priority;
  }

  set priority(priority: number) {
    use(() => (this.handle.datagrams.priority = priority));
  }

  /** Received datagrams, one in each chunk. It ends with the connection, and fails when that does. */
  get readable(): ReadableStream<Chunk> {
    return this.inbox.readable;
  }

  /**
   * Takes datagrams to send, one in each chunk. A write resolves at once while fewer than
   * `outgoingHighWaterMark` wait, and otherwise when the datagram has left. A datagram that is larger than
   * `maxDatagramSize` is dropped, and the write resolves; closing the stream closes nothing else.
   */
  get writable(): WritableStream<Uint8Array> {
    return this.outbox.writable;
  }

  /** Datagrams that have waited longer to be read are dropped, milliseconds. Default null: no limit. */
  get incomingMaxAge(): number | null {
    return this.inbox.limits.maxAge;
  }

  set incomingMaxAge(milliseconds: number | null) {
    this.inbox.limits.maxAge = milliseconds;
  }

  /**
   * Datagrams of `writable` that have waited longer are dropped, milliseconds; writes that wait for them resolve then. Default
   * null: they wait. RFC 9221 §5.4
   */
  get outgoingMaxAge(): number | null {
    return this.outbox.limits.maxAge;
  }

  set outgoingMaxAge(milliseconds: number | null) {
    this.outbox.limits.maxAge = milliseconds;
  }

  /** Most datagrams that wait to be read: the oldest are dropped. Default 1024; in addition, at most 256 KiB wait. */
  get incomingHighWaterMark(): number {
    return this.inbox.limits.highWaterMark;
  }

  set incomingHighWaterMark(count: number) {
    this.inbox.limits.highWaterMark = count;
  }

  /** Datagrams of `writable` that may wait before a write waits. Default 1. */
  get outgoingHighWaterMark(): number {
    return this.outbox.limits.highWaterMark;
  }

  set outgoingHighWaterMark(count: number) {
    this.outbox.limits.highWaterMark = count;
  }

  /**
   * Send a datagram now, if there is room; its bytes are copied. Returns false when it is larger than
   * `maxDatagramSize`, when too many wait (`transport.maxOutgoingDatagrams`), and after the end of the
   * connection. Throws a TypeError (`ERR_QUIC_INVALID_CHUNK`) for what is no Uint8Array.
   */
  send(data: Uint8Array, options: SendDatagramOptions = {}): boolean {
    checkSendDatagram(options);
    if (!(data instanceof Uint8Array)) throw invalidChunk();
    const { maxAge, onOutcome, path } = options;
    const expiresUs = maxAge === undefined ? Infinity : this.endpoint.nowUs() + maxAge * 1000;
    const tag = onOutcome === undefined ? {} : { tag: this.outcomes.nextTag };
    if (!use(() => this.handle.datagrams.send(data, { expiresUs, path, ...tag }))) return false;
    if (onOutcome !== undefined) this.outcomes.follow(onOutcome);
    this.endpoint.wake();
    return true;
  }

  /** The oldest received datagram that was not read, or undefined; also after the end of the connection. */
  receive(): Chunk | undefined {
    return this.inbox.take();
  }

  /**
   * Let `source` supply datagrams while packets are built, after those of `send` and `writable`; undefined
   * removes it. See `DatagramSource`.
   */
  setSource(source: DatagramSource | undefined): void {
    this.source = source;
    this.ask();
  }

  /** Counters of the connection, and of the datagrams that wait in its core. */
  statistics(): DatagramCounts {
    return this.handle.datagrams.statistics();
  }

  /** Ask for datagrams while packets are built. */
  private ask(): void {
    this.handle.datagrams.setSource((room) => this.fill(room));
    this.endpoint.wake();
  }

  private fill(room: Uint8Array): DatagramAnswer | undefined {
    const bytes = this.outbox.fill(room);
    if (bytes !== undefined) return { bytes };
    const { source } = this;
    const answer = source?.(room);
    if (answer === undefined && this.source === source) this.source = undefined;
    return answer;
  }
}

/** The events of a connection that concern its datagrams. */
export interface DatagramEvents {
  onReadable(): void;
  onOutcome(tag: number, outcome: DatagramOutcome): void;
  onSize(maxBytes: number): void;
  /** The connection has ended, by an error or in good order. */
  end(error: unknown, isFailure: boolean): void;
}

/** Passes a connection's events to its datagrams. */
export function eventsOf(datagrams: QuicDatagrams): DatagramEvents {
  return inners.get(datagrams)!;
}

const inners = new WeakMap<QuicDatagrams, DatagramEvents>();
