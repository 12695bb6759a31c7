import type { DataStream, DataStreamHandlers } from '../session/data-stream.ts';
import type { SessionEnd } from '../session/session-end.ts';
import { type BufferSource, bytesOf } from './buffer-source.ts';
import { QuietWritable } from './quiet-streams.ts';
import { type SendOrder, WebTransportSendGroup } from './send-order.ts';
import { Settlement } from './settlement.ts';
import { domException } from './dom-exception.ts';
import { numberFrom } from './web-idl.ts';
import { streamCodeOf, streamError } from './web-transport-error.ts';

/** Counters of a stream that is written to. */
export interface WebTransportSendStreamStats {
  /** Bytes that were written. */
  readonly bytesWritten: number;
  /** Bytes that left, each counted once. */
  readonly bytesSent: number;
  /** Bytes that the peer has acknowledged. */
  readonly bytesAcknowledged: number;
}

/** What the stream needs of its session. */
export interface SendSite {
  /** Something was written outside of a handler. */
  wake(): void;
  readonly order: SendOrder;
  /** Why the session has ended; undefined while it lives. */
  readonly failure: unknown;
  /** The error that streams fail with which the session ends. */
  failureOf(end: SessionEnd): unknown;
}

/**
 * A stream to the peer, https://www.w3.org/TR/webtransport/#send-stream. `close` resolves when the peer has acknowledged every byte;
 * `abort` with a `WebTransportError` tells the peer its code.
 */
export class WebTransportSendStream extends QuietWritable<BufferSource> {
  readonly #sink: SendSink;
  readonly #site: SendSite;

  /** @internal */
  constructor(sink: SendSink, site: SendSite) {
    super(sink, { highWaterMark: QUEUED_BYTES, size: sizeOf });
    this.#sink = sink;
    this.#site = site;
  }

  /** Streams of a higher order are sent first; those without one take turns with all. Default: null. */
  get sendOrder(): number | null {
    return this.#site.order.orderOf(this.#sink.stream);
  }

  set sendOrder(order: number | null) {
    this.#site.order.set(this.#sink.stream, orderFrom(order), this.sendGroup);
  }

  /** Orders are compared within a group, and groups take turns. Default: null, the group of streams without one. */
  get sendGroup(): WebTransportSendGroup | null {
    return this.#site.order.groupOf(this.#sink.stream);
  }

  /** Throws an InvalidStateError for a group of another session. */
  set sendGroup(group: WebTransportSendGroup | null) {
    this.#site.order.set(this.#sink.stream, this.sendOrder, groupFrom(group, this.#site.order));
  }

  getStats(): Promise<WebTransportSendStreamStats> {
    const { writtenBytes, sentBytes, acknowledgedBytes } = this.#sink.stream;
    return Promise.resolve({
      bytesWritten: writtenBytes,
      bytesSent: sentBytes,
      bytesAcknowledged: acknowledgedBytes,
    });
  }
}

/** An order as Web IDL converts it to `long long?`: NaN and infinities are 0, fractions are cut. */
export function orderFrom(order: number | null | undefined): number | null {
  if (order === null || order === undefined) return null;
  const number = Math.trunc(numberFrom(order));
  return Number.isSafeInteger(number) ? number : 0;
}

/** A group of this session. Throws an InvalidStateError for another one. */
export function groupFrom(
  group: WebTransportSendGroup | null | undefined,
  order: SendOrder,
): WebTransportSendGroup | null {
  if (group === null || group === undefined) return null;
  if (!(group instanceof WebTransportSendGroup))
    throw new TypeError('sendGroup is a WebTransportSendGroup, or null');
  if (!order.has(group)) throw domException('InvalidStateError', 'sendGroup is a group of another session');
  return group;
}

/** Where a `WebTransportSendStream` writes to; told what happens on the stream. */
export class SendSink implements UnderlyingSink<BufferSource>, DataStreamHandlers {
  readonly stream: DataStream;
  private readonly site: SendSite;
  private controller: WritableStreamDefaultController | undefined = undefined;
  /** The bytes of the write under way that were not taken. */
  private rest: Uint8Array = NOTHING;
  private writing: Settlement<void> | undefined = undefined;
  private closing: Settlement<void> | undefined = undefined;
  private failure: unknown = undefined;
  private hearsAbort = false;

  constructor(stream: DataStream, site: SendSite) {
    this.stream = stream;
    this.site = site;
    this.failure = site.failure;
  }

  start(controller: WritableStreamDefaultController): void {
    this.controller = controller;
    if (this.failure !== undefined) controller.error(this.failure);
  }

  write(chunk: BufferSource): Promise<void> | undefined {
    let bytes: Uint8Array;
    try {
      bytes = bytesOf(chunk);
    } catch (error) {
      // No more is written to the stream, and the peer would wait for its end.
      this.giveUp(0, error);
      throw error;
    }
    const taken = this.stream.write(bytes);
    this.site.wake();
    if (taken === bytes.length) return undefined;
    this.rest = bytes.subarray(taken);
    this.writing = new Settlement<void>();
    this.hearAbort();
    return this.writing.promise;
  }

  close(): Promise<void> {
    this.closing = new Settlement<void>();
    this.hearAbort();
    this.stream.write(NOTHING, true);
    this.site.wake();
    return this.closing.promise;
  }

  abort(reason: unknown): void {
    this.giveUp(streamCodeOf(reason), reason);
  }

  // What happens on the stream

  onWritable(): void {
    const { writing } = this;
    if (writing === undefined) return;
    this.rest = this.rest.subarray(this.stream.write(this.rest));
    if (this.rest.length > 0) return;
    this.writing = undefined;
    writing.resolve();
  }

  onStopped(code: number | undefined): void {
    this.fail(streamError('the peer wants no more of the stream', code));
  }

  onDelivered(): void {
    this.site.order.remove(this.stream);
    this.closing?.resolve();
    this.closing = undefined;
  }

  /** Nothing is sent any more. */
  fail(error: unknown): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.site.order.remove(this.stream);
    this.rest = NOTHING;
    this.writing?.reject(error);
    this.closing?.reject(error);
    this.writing = this.closing = undefined;
    this.controller?.error(error);
  }

  /** `abort` of a sink comes only after the write or the close under way, which may wait for the peer without end. */
  private hearAbort(): void {
    if (this.hearsAbort) return;
    this.hearsAbort = true;
    const { signal } = this.controller as WritableStreamDefaultController & { readonly signal: AbortSignal };
    signal.addEventListener('abort', () => this.abort(signal.reason));
  }

  private giveUp(code: number, reason: unknown): void {
    if (this.failure !== undefined) return;
    this.failure = reason ?? streamError('the stream was given up', code);
    this.stream.reset(code);
    this.site.order.remove(this.stream);
    this.rest = NOTHING;
    this.writing?.reject(this.failure);
    this.closing?.reject(this.failure);
    this.writing = this.closing = undefined;
    this.site.wake();
  }
}

interface UnderlyingSink<W> {
  start?(controller: WritableStreamDefaultController): void;
  write?(chunk: W): Promise<void> | undefined;
  close?(): Promise<void>;
  abort?(reason: unknown): void;
}

function sizeOf(chunk: BufferSource): number {
  // What has no length is refused by the sink.
  return (chunk as { readonly byteLength?: number } | undefined)?.byteLength ?? 0;
}

const NOTHING = new Uint8Array(0);
/** Bytes that wait in front of a stream before its writer is told to wait. */
const QUEUED_BYTES = 65_536;
