import type { Http3Stream, RequestHead, Http3StreamHandlers, MessageFailure } from '@tsquic/http3';
import type { CloseReason, HttpPriority } from '@tsquic/quic-core';
import { whenAborted } from '../abort.ts';
import type { Alternative } from './alt-svc.ts';
import { contentScratch } from './content-scratch.ts';
import { closeOutcome } from '../close-outcome.ts';
import { coreOf } from '../connection.ts';
import { Deferred } from '../deferred.ts';
import { QuicError, QuicStreamError } from '../errors.ts';
import { tellProgram } from '../program-fault.ts';
import { cutResponse, failedFetch, UnprocessedRequest } from './fetch-failure.ts';
import { headersOf } from './fields.ts';
import type { FieldLines } from './handlers.ts';
import { IncomingBody } from './incoming-body.ts';
import { OutgoingBody } from './outgoing-body.ts';
import { Patience } from './patience.ts';
import type { PooledConnection } from './pooled-connection.ts';

/** An answer whose content follows. */
export interface ReceivedAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array>;
  readonly trailers: Promise<Headers>;
  /** The connection that it came by. */
  readonly connection: PooledConnection;
}

/** What one attempt sends. */
export interface SentRequest {
  readonly head: RequestHead;
  readonly content: Uint8Array | ReadableStream<unknown> | undefined;
  /** Bytes that the field 'content-length' promises; -1 for any number. */
  readonly contentLength: number;
  readonly trailers: (() => FieldLines | undefined) | undefined;
  readonly priority: HttpPriority | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onInterim: ((status: number, headers: Headers) => void) | undefined;
  /** As in `Http3ClientOptions`. */
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
}

/** One request of a client and its response, on the connection that the pool found for it. */
export class ClientExchange implements Http3StreamHandlers {
  private readonly request: SentRequest;
  private readonly head = new Deferred<ReceivedAnswer>().optional();
  private readonly trailers = new Deferred<Headers>().optional();
  private connection!: PooledConnection;
  private stream!: Http3Stream;
  private body: IncomingBody | undefined = undefined;
  private outgoing: OutgoingBody | undefined = undefined;
  /** For the response, and for its content. */
  private answering: Patience | undefined = undefined;
  private reading: Patience | undefined = undefined;
  private releaseSignal: () => void = nothing;
  /** Whether the connection served others before. */
  private isReused = false;
  private hasAnswer = false;
  /** Whether content is still sent. */
  private isSending = false;
  private isReceiving = true;
  private isAwaited = false;
  /** Why the response is cut short, unless all of it has come: the connection has ended. */
  private lost: unknown = undefined;
  /** Why the sending of content was stopped from here or by the server; undefined while it was not. */
  private stopped: { readonly reason: unknown } | undefined = undefined;

  constructor(request: SentRequest) {
    this.request = request;
  }

  /**
   * The answer. Rejects with the signal's reason, with an `UnprocessedRequest` where the request may be sent again, or with the TypeError
   * of `fetch`.
   */
  get answer(): Promise<ReceivedAnswer> {
    return this.head.promise;
  }

  /** Begin on this connection; returns false where it has no room. */
  begin(connection: PooledConnection): boolean {
    const { head, content, priority, signal } = this.request;
    const options = { ends: content === undefined, ...(priority === undefined ? {} : { priority }) };
    const stream = connection.session.request(headFor(head, connection.alternative), options, this);
    if (stream === undefined) return false;
    this.connection = connection;
    this.stream = stream;
    this.isReused = connection.hasServed;
    connection.onBegun(this);
    this.await(true);
    this.releaseSignal = whenAborted(signal, (reason) => this.abort(reason));
    this.answering = this.patience('HEADERS', this.request.headersTimeoutMs);
    if (content === undefined) this.answering.begin();
    else void this.send(content);
    return true;
  }

  onInterim({ status, fields }: { readonly status: number; readonly fields: FieldLines }): void {
    const { onInterim } = this.request;
    if (!this.isSending) this.answering?.begin();
    tellProgram('the callback onInterim', onInterim, status, headersOf(fields));
  }

  onResponse({ status, fields }: { readonly status: number; readonly fields: FieldLines }): void {
    this.hasAnswer = true;
    this.answering?.close();
    this.connection.onResponse();
    const { session } = this.connection;
    const reading = this.patience('BODY', this.request.bodyTimeoutMs);
    this.reading = reading;
    this.body = new IncomingBody(this.stream, {
      scratch: contentScratch,
      wake: () => session.wake(),
      onWaiting: () => {
        reading.begin();
        this.await(true);
      },
      onProgress: () => {
        reading.end();
        this.await(false);
      },
      onCancel: (reason) => this.giveUp(reason),
      onOver: () => {
        reading.close();
        if (this.lost !== undefined) this.trailers.reject(this.lost);
      },
    });
    this.await(false);
    this.head.resolve({
      ...{ status, headers: headersOf(fields), body: this.body.readable },
      ...{ trailers: this.trailers.promise, connection: this.connection },
    });
  }

  onContent(): void {
    this.body?.onContent();
  }

  onTrailers(fields: FieldLines): void {
    this.trailers.resolve(headersOf(fields));
  }

  onEnd(): void {
    this.trailers.resolve(new Headers());
    this.body?.onEnd();
    this.isReceiving = false;
    this.settle();
  }

  onWritable(): void {
    this.outgoing?.onWritable();
  }

  /** The server has read enough of the content; its response goes on. RFC 9114 §4.1 */
  onStopped(code: number): void {
    this.stopSending(
      new QuicStreamError(code, `the server wants no more content, code ${code}`, 'ERR_QUIC_STREAM_STOPPED'),
    );
  }

  onFailed({ code, text, rejected }: MessageFailure): void {
    const cause = new QuicStreamError(code, `the request failed: ${text}, code ${code}`);
    this.fail(cause, rejected ? new UnprocessedRequest(cause) : undefined);
  }

  onClosed(reason: CloseReason): void {
    const { error } = closeOutcome(reason);
    if (this.hasAnswer) {
      this.stopSending(error);
      // They may have come, behind content that was not read yet.
      this.lost = cutResponse(error);
      this.body?.onLost(this.lost);
      this.isReceiving = false;
      return this.settle();
    }
    // A connection that was idle may have ended while the request was on its way. RFC 9110 §9.2.2
    const isUnseen = this.isReused && IDEMPOTENT.has(this.request.head.method);
    this.fail(error, isUnseen ? new UnprocessedRequest(error) : undefined);
  }

  private async send(content: Uint8Array | ReadableStream<unknown>): Promise<void> {
    const { session } = this.connection;
    this.isSending = true;
    const sending = this.patience('BODY', this.request.bodyTimeoutMs);
    this.outgoing = new OutgoingBody(this.stream, {
      wake: () => session.wake(),
      onWaiting: () => sending.begin(),
      onProgress: () => sending.end(),
    });
    if (this.stopped !== undefined) this.outgoing.stop(this.stopped.reason);
    const { trailers, contentLength } = this.request;
    try {
      if (content instanceof Uint8Array) await this.outgoing.sendBytes(content, trailers);
      else await this.outgoing.send(content, contentLength, trailers);
    } catch (error) {
      this.onContentFailed(error);
    } finally {
      this.isSending = false;
      sending.close();
      if (!this.hasAnswer && this.isReceiving) this.answering?.begin();
      this.settle();
    }
  }

  private patience(what: 'HEADERS' | 'BODY', limitMs: number): Patience {
    const clock = coreOf(this.connection.session.connection);
    return new Patience(clock, limitMs, () => this.onStalled(what, limitMs));
  }

  /** The server makes no progress. */
  private onStalled(what: 'HEADERS' | 'BODY', limitMs: number): void {
    const message = `the server has ${STALLS[what]} for ${limitMs} ms (${what.toLowerCase()}TimeoutMs)`;
    this.stream.cancel();
    this.fail(new QuicError(`ERR_QUIC_${what}_TIMEOUT`, message), undefined);
    this.connection.session.wake();
  }

  /** Nobody wants more of the content. */
  private stopSending(reason: unknown): void {
    this.stopped ??= { reason };
    this.outgoing?.stop(reason);
  }

  /** The content that the program supplies has failed, also after the response has ended, unless it was stopped before. */
  private onContentFailed(error: unknown): void {
    if (this.stopped?.reason === error || this.stream.hasSent) return;
    this.stream.cancel();
    this.fail(error, undefined);
    this.connection.session.wake();
  }

  /** The program reads no further, which ends the request as a whole, as the platform's fetch has it. */
  private giveUp(reason: unknown): void {
    this.trailers.reject(reason);
    this.isReceiving = false;
    this.stream.cancel();
    this.stopSending(reason);
    this.connection.session.wake();
    this.settle();
  }

  private abort(reason: unknown): void {
    this.stream.cancel();
    this.stopSending(reason);
    this.trailers.reject(reason);
    this.head.reject(reason);
    this.body?.fail(reason);
    this.isReceiving = false;
    this.connection.session.wake();
    this.settle();
  }

  private fail(cause: unknown, unprocessed: UnprocessedRequest | undefined): void {
    this.stopSending(cause);
    this.head.reject(unprocessed ?? failedFetch(cause));
    this.trailers.reject(cutResponse(cause));
    this.body?.fail(cutResponse(cause));
    this.isReceiving = false;
    this.settle();
  }

  /** Tell the connection whether anybody waits for it, which keeps the program running. */
  private await(isAwaited: boolean): void {
    if (this.isAwaited === isAwaited) return;
    this.isAwaited = isAwaited;
    this.connection.count(isAwaited ? 1 : -1);
  }

  private settle(): void {
    if (this.isReceiving) return;
    this.answering?.close();
    this.reading?.close();
    this.releaseSignalOnce();
    this.await(this.isSending);
    if (!this.isSending) this.connection.onOver(this);
  }

  private releaseSignalOnce(): void {
    if (this.isSending) return;
    this.releaseSignal();
    this.releaseSignal = nothing;
  }
}

/** A server is told by which alternative a request has come. RFC 7838 §5 */
function headFor(head: RequestHead, alternative: Alternative | undefined): RequestHead {
  if (alternative === undefined) return head;
  const { host, port } = alternative;
  const value = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return { ...head, fields: [...head.fields, { name: 'alt-used', value }] };
}

function nothing(): void {}

const STALLS = { HEADERS: 'not answered', BODY: 'made no progress' } as const;
/** RFC 9110 §9.2.2 */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
