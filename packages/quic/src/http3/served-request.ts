import {
  Http3Code,
  type Http3Stream,
  type RequestHead,
  type Http3StreamHandlers,
  type MessageFailure,
} from '@tsquic/http3';
import { type CloseReason, closeErrorCode } from '@tsquic/quic-core';
import { QuicStreamError, QuicError } from '../errors.ts';
import { reportFault } from '../program-fault.ts';
import { contentLengthOf, fieldsOf } from './fields.ts';
import type { FieldLines } from './handlers.ts';
import { DroppedContent } from './dropped-content.ts';
import { IncomingBody } from './incoming-body.ts';
import { isHostOf, requestOf } from './incoming-request.ts';
import { OutgoingBody } from './outgoing-body.ts';
import { Patience, type PatienceClock } from './patience.ts';
import { eventsOfInfo, RequestInfo } from './request-info.ts';
import type { Http3Handler, ServeConfig } from './serve-options.ts';
import type { Http3Session } from './session.ts';
import type { AnsweredRequest, StalledRequests } from './stalled-requests.ts';

/** What the requests of a server share. */
export interface RequestSite {
  readonly handler: Http3Handler;
  readonly config: ServeConfig;
  readonly clock: PatienceClock;
  /** Memory that content is read into. */
  readonly scratch: Uint8Array;
  /** Ends what clients leave unfinished. */
  readonly stalled: StalledRequests;
  /** The value of 'date'. */
  date(): string;
}

/** One request of a server: its handler, and the way of content in and out. */
export class ServedRequest implements Http3StreamHandlers, AnsweredRequest {
  private readonly stream: Http3Stream;
  private readonly session: Http3Session;
  private readonly site: RequestSite;
  private readonly head: RequestHead;
  private readonly info: RequestInfo;
  private readonly aborter = new AbortController();
  /** For content of the request, and for room for the response. */
  private readonly reading: Patience;
  private readonly writing: Patience;
  /** For all content of the request. */
  private readonly whole: Patience;
  private body: IncomingBody | undefined = undefined;
  /** Takes what nobody reads; undefined as long as somebody may. */
  private dropped: DroppedContent | undefined = undefined;
  private outgoing: OutgoingBody | undefined = undefined;
  private hasResponded = false;
  private isGone = false;
  /** Whether it was answered without the handler, which may go on all the same. */
  private isRefused = false;
  private isTooLong = false;
  /** Whether the client waits to be told to send its content. RFC 9110 §10.1.1 */
  private expectsContinue: boolean;

  constructor(
    stream: Http3Stream,
    head: RequestHead,
    session: Http3Session,
    site: RequestSite,
    isEarly: boolean,
  ) {
    this.stream = stream;
    this.head = head;
    this.session = session;
    this.site = site;
    this.expectsContinue = head.fields.some(
      ({ name, value }) => name === 'expect' && value.toLowerCase() === '100-continue',
    );
    this.info = new RequestInfo({
      ...{ session, stream, head, isEarly },
      sendInterim: (status, fields) => this.sendInterim(status, fields),
    });
    const { clock, config } = site;
    const slow = 'the client made no progress for stallTimeoutMs';
    this.reading = new Patience(clock, config.stallTimeoutMs, () => this.onStalled(slow));
    this.writing = new Patience(clock, config.stallTimeoutMs, () => this.onStalled(slow));
    this.whole = new Patience(clock, config.requestTimeoutMs, () =>
      this.onStalled('the content of the request has not come within requestTimeoutMs'),
    );
  }

  /** Begin to answer. The handler is called in a later microtask. */
  begin(): void {
    const refusal = this.refusal();
    if (refusal !== undefined) return this.answer(refusal);
    this.body = this.createBody();
    let request: Request;
    try {
      request = requestOf(this.head, this.body?.readable, this.aborter.signal);
    } catch {
      return this.answer(BAD_REQUEST);
    }
    // The platform writes some methods and hosts in another way, which must not lead to other rules than the client's words.
    if (request.method !== this.head.method) return this.answer(NOT_IMPLEMENTED);
    if (!isHostOf(request, this.head)) return this.answer(BAD_REQUEST);
    void this.serve(request).finally(() => this.writing.close());
  }

  get bytesRead(): number | undefined {
    return this.dropped === undefined ? this.body?.bytesRead : undefined;
  }

  giveUp(): void {
    this.body?.fail(stalled());
    eventsOfInfo(this.info).onFailed(stalled());
    this.stopReading();
    this.site.stalled.delete(this);
  }

  onContent(): void {
    this.expectsContinue = false;
    if (this.dropped === undefined) this.body?.onContent();
    else this.dropped.onContent();
  }

  onTrailers(fields: FieldLines): void {
    eventsOfInfo(this.info).onTrailers(fields);
  }

  onEnd(): void {
    this.site.stalled.delete(this);
    this.body?.onEnd();
    eventsOfInfo(this.info).onEnd();
  }

  onWritable(): void {
    this.outgoing?.onWritable();
  }

  onStopped(code: number): void {
    this.leave(
      new QuicStreamError(
        code,
        `the client wants no response any more, code ${code}`,
        'ERR_QUIC_STREAM_STOPPED',
      ),
    );
  }

  onFailed({ code, text }: MessageFailure): void {
    this.leave(new QuicStreamError(code, `the request was given up: ${text}, code ${code}`));
  }

  onClosed(reason: CloseReason): void {
    this.leave(new QuicError(closeErrorCode(reason), 'the connection of the request has ended'));
  }

  /** Whether nobody waits for what the handler does. */
  private get isOver(): boolean {
    return this.isGone || this.isRefused;
  }

  /** The status of a request that the handler does not see; undefined for one that it does. */
  private refusal(): number | undefined {
    const { method, scheme, protocol } = this.head;
    const { earlyRequests, maxRequestBodyBytes } = this.site.config;
    if (this.info.isEarly && earlyRequests !== 'all' && (earlyRequests === 'none' || !SAFE.has(method)))
      return TOO_EARLY;
    // The platform's Request cannot express these.
    if (protocol === undefined && UNSUPPORTED.has(method.toUpperCase())) return NOT_IMPLEMENTED;
    if (scheme !== 'https') return MISDIRECTED;
    const length = this.head.fields.find(({ name }) => name === 'content-length')?.value ?? '0';
    return Number(length) > maxRequestBodyBytes ? CONTENT_TOO_LARGE : undefined;
  }

  private createBody(): IncomingBody | undefined {
    const { stream, site } = this;
    if (stream.hasRead) return undefined;
    if (BODILESS.has(this.head.method)) {
      // The platform's Request has no content there. What has trailers may be waited for all the same.
      this.dropContent();
      this.site.stalled.add(this);
      return undefined;
    }
    this.whole.begin();
    return new IncomingBody(stream, {
      scratch: site.scratch,
      wake: () => this.session.wake(),
      onWaiting: () => {
        if (this.expectsContinue) this.sendInterim(CONTINUE, []);
        this.expectsContinue = false;
        this.reading.begin();
      },
      onProgress: (totalBytes) => {
        this.reading.end();
        if (totalBytes > site.config.maxRequestBodyBytes) this.refuseMore();
      },
      onCancel: () => this.dropContent(),
      onOver: () => {
        this.reading.close();
        this.whole.close();
      },
    });
  }

  /** The request has more content than is accepted. */
  private refuseMore(): void {
    const { maxRequestBodyBytes } = this.site.config;
    this.isTooLong = true;
    const message = `the request has more than ${maxRequestBodyBytes} bytes of content`;
    this.body?.fail(new QuicError('ERR_QUIC_BODY_TOO_LARGE', message));
    this.dropContent();
  }

  private async serve(request: Request): Promise<void> {
    try {
      // The handler never runs inside the loop's own work.
      await Promise.resolve();
      await this.respond(await this.site.handler(request, this.info));
    } catch (error) {
      await this.fail(error, request);
    }
  }

  private async respond(response: Response): Promise<void> {
    if (!isResponse(response)) throw new TypeError('a handler returns a Response, or a promise of one');
    const { status, body } = response;
    if (this.isOver) return void body?.cancel(this.aborter.signal.reason).catch(nothing);
    if (response.bodyUsed || body?.locked === true)
      throw new TypeError('the body of the response was used before');
    this.stream.respond({ status, fields: this.fieldsOf(response) }, false);
    this.hasResponded = true;
    await this.sendContent(response);
    this.onAnswered();
  }

  /** The response is complete, whose client may still send content. */
  private onAnswered(): void {
    if (this.body?.isUsed !== true) this.refuseContent();
    if (!this.stream.hasRead && !this.isGone) this.site.stalled.add(this);
  }

  private fieldsOf({ headers }: Response): FieldLines {
    const fields = fieldsOf(headers);
    if (this.site.config.date && !headers.has('date')) fields.push({ name: 'date', value: this.site.date() });
    return fields;
  }

  private async sendContent({ status, headers, body }: Response): Promise<void> {
    const isHead = this.head.method === 'HEAD';
    const outgoing = new OutgoingBody(this.stream, {
      wake: () => this.session.wake(),
      onWaiting: () => this.writing.begin(),
      onProgress: () => this.writing.end(),
    });
    this.outgoing = outgoing;
    const { takeTrailers } = eventsOfInfo(this.info);
    if (body !== null && !isHead && !NO_CONTENT.has(status))
      return outgoing.send(body, contentLengthOf(headers), takeTrailers);
    outgoing.end(isHead ? undefined : takeTrailers());
    await body?.cancel().catch(nothing);
  }

  /** The handler has failed, or the body of its response. */
  private async fail(error: unknown, request: Request): Promise<void> {
    if (this.isOver) return;
    if (this.isTooLong && !this.hasResponded) return this.answer(CONTENT_TOO_LARGE);
    const response = await this.ask(error, request);
    if (this.isOver) return;
    if (this.hasResponded) return this.cancel(Http3Code.InternalError);
    if (response === undefined) return this.answer(INTERNAL_ERROR);
    try {
      await this.respond(response);
    } catch (second) {
      if (this.isOver) return;
      reportFault('the response of onError', second);
      if (this.hasResponded) this.cancel(Http3Code.InternalError);
      else this.answer(INTERNAL_ERROR);
    }
  }

  /** Tell the program of its error; returns its answer. */
  private async ask(error: unknown, request: Request): Promise<Response | undefined> {
    const { onError } = this.site.config;
    if (onError === undefined) {
      reportFault('a handler of requests', error);
      return undefined;
    }
    try {
      return (await onError(error, request)) ?? undefined;
    } catch (second) {
      reportFault('the callback onError', second);
      return undefined;
    }
  }

  /** Answer without content, and without the handler. */
  private answer(status: number): void {
    const { stream } = this;
    this.isRefused = true;
    if (!stream.hasSent && !this.hasResponded) {
      this.hasResponded = true;
      const fields = this.site.config.date ? [{ name: 'date', value: this.site.date() }] : [];
      stream.respond({ status, fields: [...fields, { name: 'content-length', value: '0' }] }, true);
    }
    this.refuseContent();
    this.onAnswered();
  }

  private sendInterim(status: number, fields: FieldLines): void {
    if (this.hasResponded || this.isGone) return;
    this.stream.respond({ status, fields });
    this.session.wake();
  }

  /** The peer makes no progress. */
  private onStalled(message: string): void {
    const error = new QuicError('ERR_QUIC_STALLED', message);
    // Its reader hears why before the answer does away with it.
    this.body?.fail(error);
    if (this.hasResponded) this.cancel(Http3Code.ExcessiveLoad);
    else this.answer(REQUEST_TIMEOUT);
    this.leave(error);
    this.session.wake();
  }

  private cancel(code: number): void {
    this.stream.cancel(code);
    this.leave(new QuicError('ERR_QUIC_CLOSED', 'the request was given up here'));
    this.session.wake();
  }

  /** The content of a request that was answered is not given to anybody any more. */
  private refuseContent(): void {
    this.body?.fail(new QuicError('ERR_QUIC_CLOSED', 'the request was answered without its content'));
    this.dropContent();
  }

  /** Nobody reads more of the content. */
  private dropContent(): void {
    if (this.stream.hasRead || this.dropped !== undefined) return;
    // A client that was not told to send it does not have to. RFC 9110 §10.1.1
    if (this.expectsContinue) return this.stopReading();
    this.dropped = new DroppedContent(this.stream, this.site.scratch);
    this.dropped.onContent();
    this.session.wake();
  }

  private stopReading(code: number = Http3Code.NoError): void {
    this.stream.stopReading(code);
    this.session.wake();
  }

  /** Nobody waits for the response any more. */
  private leave(error: QuicError): void {
    this.site.stalled.delete(this);
    this.body?.fail(error);
    eventsOfInfo(this.info).onFailed(error);
    // A stream whose content nobody reads would take the client's allowance for as long as the connection lasts.
    this.stopReading(Http3Code.RequestCancelled);
    if (this.isGone || (this.stream.hasEnded && !this.isRefused)) return;
    this.isGone = true;
    this.outgoing?.stop(error);
    this.aborter.abort(new DOMException(error.message, 'AbortError'));
  }
}

/** Responses of frameworks may be of a class of their own. */
function isResponse(value: unknown): value is Response {
  if (typeof value !== 'object' || value === null) return false;
  const { status, headers, body } = value as Partial<Response>;
  return Number.isInteger(status) && status! >= 200 && headers !== undefined && body !== undefined;
}

function stalled(): QuicError {
  return new QuicError('ERR_QUIC_STALLED', 'the client made no progress for stallTimeoutMs');
}

function nothing(): void {}

/** RFC 9110 §9.2.1 */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
const UNSUPPORTED: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const NO_CONTENT: ReadonlySet<number> = new Set([204, 205, 304]);
const CONTINUE = 100;
const BAD_REQUEST = 400;
const REQUEST_TIMEOUT = 408;
const CONTENT_TOO_LARGE = 413;
const MISDIRECTED = 421;
const TOO_EARLY = 425;
const INTERNAL_ERROR = 500;
const NOT_IMPLEMENTED = 501;
