import type { Http3Session } from 'tsquic/http3';
import type { DataStream, DataStreamHandlers } from '../session/data-stream.ts';
import type { Session, SessionHandlers } from '../session/session.ts';
import type { SessionEnd } from '../session/session-end.ts';
import { type StreamViews, viewsOf, WebTransportBidirectionalStream } from './bidirectional-stream.ts';
import { type DatagramHandlers, WebTransportDatagramDuplexStream } from './datagrams.ts';
import { domException } from './dom-exception.ts';
import { IncomingStreams } from './incoming-streams.ts';
import type { WebTransportReceiveStream } from './receive-stream.ts';
import { groupFrom, orderFrom } from './send-stream.ts';
import { SendOrder, type WebTransportSendGroup } from './send-order.ts';
import { connectionStatsOf, type WebTransportConnectionStats } from './stats.ts';
import { ignorable, Settlement } from './settlement.ts';
import { numberFrom, stringFrom } from './web-idl.ts';
import { sessionError, WebTransportError } from './web-transport-error.ts';
import { endText } from '../explain/end-text.ts';

/** How a session is closed. */
export interface WebTransportCloseInfo {
  /** The application's code, 0 to 2^32-1. Default: 0. */
  readonly closeCode?: number;
  /** For people, or programs: at most 1024 bytes of UTF-8 travel. Default: ''. */
  readonly reason?: string;
}

/** Options of `createUnidirectionalStream` and `createBidirectionalStream`. */
export interface WebTransportSendStreamOptions {
  /** `sendOrder` of the stream. Default: null. */
  readonly sendOrder?: number | null;
  /** `sendGroup` of the stream. Default: null. */
  readonly sendGroup?: WebTransportSendGroup | null;
  /** Wait while the peer allows no further stream; otherwise this rejects with a QuotaExceededError. Default: false. */
  readonly waitUntilAvailable?: boolean;
}

/** 'closed' and 'failed' stand for how it ended. */
type State = 'connecting' | 'connected' | 'closed' | 'failed';

interface StreamWish {
  readonly unidirectional: boolean;
  readonly options: WebTransportSendStreamOptions;
  readonly made: Settlement<StreamViews>;
}

/** What stands behind a session of the W3C API, on either side. */
export class WebSession implements SessionHandlers {
  readonly ready: Settlement<void> = new Settlement<void>();
  readonly closed: Settlement<Required<WebTransportCloseInfo>> = new Settlement<
    Required<WebTransportCloseInfo>
  >();
  readonly draining: Settlement<void> = new Settlement<void>();
  readonly datagrams: WebTransportDatagramDuplexStream;
  readonly unidirectional: IncomingStreams<WebTransportReceiveStream>;
  readonly bidirectional: IncomingStreams<WebTransportBidirectionalStream>;
  readonly order: SendOrder = new SendOrder();
  /** The connection, once there is one. */
  http: Http3Session | undefined = undefined;
  session: Session | undefined = undefined;
  state: State = 'connecting';
  /** Why streams fail; undefined while the session lives. */
  failure: unknown = undefined;
  /** How it ended, for `explain`. */
  end: SessionEnd | undefined = undefined;
  /** Is called once the session is over, and again when its CONNECT stream is. */
  onOver: () => void = nothing;
  onStreamOver: () => void = nothing;
  private readonly wishes: StreamWish[] = [];
  private datagramHandlers!: DatagramHandlers;

  constructor() {
    const refuse = (stream: DataStream): void => {
      stream.stopSending(0);
      if (!stream.unidirectional) stream.reset(0);
      this.wake();
    };
    this.unidirectional = new IncomingStreams(refuse);
    this.bidirectional = new IncomingStreams(refuse);
    this.datagrams = new WebTransportDatagramDuplexStream(this.datagramSite(), (handlers) => {
      this.datagramHandlers = handlers;
    });
  }

  /** What was done outside of a handler is sent. */
  wake(): void {
    this.http?.wake();
  }

  /** Open a stream, now or once one is allowed. */
  open(unidirectional: boolean, options: WebTransportSendStreamOptions): Promise<StreamViews> {
    if (this.failure !== undefined) return ignorable(Promise.reject(stateError(this.failure)));
    try {
      groupFrom(options.sendGroup, this.order);
    } catch (error) {
      return ignorable(Promise.reject(error));
    }
    const made = new Settlement<StreamViews>();
    this.wishes.push({ unidirectional, options, made });
    if (this.state === 'connected') this.fulfil(unidirectional);
    return made.promise;
  }

  close({ closeCode = 0, reason = '' }: WebTransportCloseInfo): void {
    if (this.state === 'closed' || this.state === 'failed') return;
    const code = Math.trunc(numberFrom(closeCode)) >>> 0;
    if (this.state === 'connecting') {
      this.fail(sessionError('the session was closed before it was established'));
      this.session?.close({ code, reason: '' });
    } else {
      this.session!.close({ code, reason: stringFrom(reason) });
    }
    this.wake();
  }

  /** The session could not begin, or was lost. */
  fail(error: unknown): void {
    this.conclude('failed', error);
  }

  // What the session tells

  /** Client: the server has accepted it. */
  onOpen(): void {
    this.onEstablished();
    // Streams can be opened once this call has returned.
    queueMicrotask(() => {
      this.fulfil(true);
      this.fulfil(false);
    });
  }

  /** The session is there. */
  onEstablished(): void {
    if (this.state !== 'connecting') return;
    this.state = 'connected';
    this.ready.resolve();
  }

  onStream(stream: DataStream): DataStreamHandlers {
    const views = viewsOf(stream, this);
    if (stream.unidirectional) this.unidirectional.push(stream, views.receiving!);
    else
      this.bidirectional.push(stream, new WebTransportBidirectionalStream(views.receiving!, views.sending!));
    return views.handlers;
  }

  onDatagram(): void {
    this.datagramHandlers.onReadable();
  }

  onStreamsAvailable(unidirectional: boolean): void {
    this.fulfil(unidirectional);
  }

  onDraining(): void {
    this.draining.resolve();
  }

  onClosed(end: SessionEnd): void {
    this.end = end;
    const error = this.failureOf(end);
    if (end.kind === 'closed')
      this.conclude('closed', undefined, { closeCode: end.code, reason: end.reason });
    else this.conclude('failed', error);
  }

  /** What streams fail with that hear of the end before the session does. */
  failureOf(end: SessionEnd): unknown {
    this.failure ??= sessionError(endText(end), end.kind === 'disconnected' ? end.reason : undefined);
    return this.failure;
  }

  onFinished(): void {
    this.onStreamOver();
  }

  stats(): Promise<WebTransportConnectionStats> {
    const { http, datagrams } = this;
    if (http === undefined)
      return ignorable(Promise.reject(stateError(this.failure ?? new Error('there is no connection yet'))));
    return Promise.resolve(connectionStatsOf(http.connection, datagrams.counts));
  }

  private conclude(state: 'closed' | 'failed', error: unknown, info?: Required<WebTransportCloseInfo>): void {
    if (this.state === 'closed' || this.state === 'failed') return;
    this.state = state;
    this.failure ??= error ?? sessionError('the session is closed');
    if (!this.ready.isSettled) this.ready.reject(this.failure);
    if (info === undefined) this.closed.reject(this.failure);
    else this.closed.resolve(info);
    for (const { made } of this.wishes.splice(0)) made.reject(stateError(this.failure));
    // A close is the end of what comes; any other end is an error.
    this.unidirectional.end(error);
    this.bidirectional.end(error);
    this.datagramHandlers.onEnd(error);
    this.onOver();
  }

  /** Open the streams that are waited for, as many as are allowed. */
  private fulfil(unidirectional: boolean): void {
    for (;;) {
      const at = this.wishes.findIndex((wish) => wish.unidirectional === unidirectional);
      if (at < 0) break;
      const { options, made } = this.wishes[at]!;
      // The views need the stream, whose handlers are theirs.
      const handlers: { target: DataStreamHandlers } = { target: {} };
      const stream = this.session?.openStream(unidirectional, forwarding(handlers));
      if (stream === undefined && options.waitUntilAvailable === true) break;
      this.wishes.splice(at, 1);
      if (stream === undefined) {
        made.reject(domException('QuotaExceededError', 'the peer allows no further stream now'));
        continue;
      }
      const views = viewsOf(stream, this);
      handlers.target = views.handlers;
      const { sendOrder, sendGroup } = options;
      if (sendOrder !== undefined || sendGroup !== undefined)
        this.order.set(stream, orderFrom(sendOrder), groupFrom(sendGroup, this.order));
      made.resolve(views);
    }
    this.wake();
  }

  private datagramSite(): ConstructorParameters<typeof WebTransportDatagramDuplexStream>[0] {
    // eslint-disable-next-line typescript/no-this-alias
    const web = this;
    return {
      get maxBytes() {
        return web.session?.maxDatagramBytes ?? 0;
      },
      get failure() {
        return web.failure;
      },
      send: (payload) => {
        const isSent = this.session?.sendDatagram(payload) ?? false;
        this.wake();
        return isSent;
      },
      receive: () => this.session?.receiveDatagram(),
    };
  }
}

function forwarding(handlers: { readonly target: DataStreamHandlers }): DataStreamHandlers {
  return {
    onReadable: () => handlers.target.onReadable?.(),
    onWritable: () => handlers.target.onWritable?.(),
    onReset: (code) => handlers.target.onReset?.(code),
    onStopped: (code) => handlers.target.onStopped?.(code),
    onDelivered: () => handlers.target.onDelivered?.(),
    onGone: (end) => handlers.target.onGone?.(end),
  };
}

/** A call on a session that has ended. */
function stateError(failure: unknown): Error {
  if (failure instanceof WebTransportError || failure instanceof Error) {
    const error = domException('InvalidStateError', `the session has ended: ${failure.message}`);
    Object.defineProperty(error, 'cause', { value: failure, configurable: true, writable: true });
    return error;
  }
  return domException('InvalidStateError', 'the session has ended');
}

function nothing(): void {}
