import { type Explanation, explainSession } from '../explain/explanation.ts';
import type { WebTransportBidirectionalStream } from './bidirectional-stream.ts';
import { WebTransportBidirectionalStream as Bidirectional } from './bidirectional-stream.ts';
import type { WebTransportDatagramDuplexStream } from './datagrams.ts';
import { domException } from './dom-exception.ts';
import type { WebTransportReceiveStream } from './receive-stream.ts';
import type { WebTransportSendGroup } from './send-order.ts';
import type { WebTransportSendStream } from './send-stream.ts';
import type { WebTransportConnectionStats } from './stats.ts';
import type { WebSession, WebTransportCloseInfo, WebTransportSendStreamOptions } from './web-session.ts';

/** What a session is to a program, on either side: the W3C API, https://www.w3.org/TR/webtransport/#web-transport. */
export class WebTransportSession {
  readonly #web: WebSession;

  /** @internal */
  constructor(web: WebSession) {
    this.#web = web;
  }

  /** Resolves when the session is established; rejects with a `WebTransportError` where it will not be. It may be ignored. */
  get ready(): Promise<void> {
    return this.#web.ready.promise;
  }

  /**
   * Resolves with code and text when either side has closed the session; rejects with a `WebTransportError` when it was lost, or could
   * not begin. It may be ignored.
   */
  get closed(): Promise<Required<WebTransportCloseInfo>> {
    return this.#web.closed.promise;
  }

  /** Resolves when the peer asks to bring the session to its end, which may go on until then. */
  get draining(): Promise<void> {
    return this.#web.draining.promise;
  }

  get datagrams(): WebTransportDatagramDuplexStream {
    return this.#web.datagrams;
  }

  /** The streams of one way that the peer opens. */
  get incomingUnidirectionalStreams(): ReadableStream<WebTransportReceiveStream> {
    return this.#web.unidirectional.readable;
  }

  /** The streams of both ways that the peer opens. */
  get incomingBidirectionalStreams(): ReadableStream<WebTransportBidirectionalStream> {
    return this.#web.bidirectional.readable;
  }

  /** Whether datagrams and streams that do not wait for each other can be used: QUIC has both. */
  get reliability(): 'pending' | 'supports-unreliable' {
    return this.#web.session?.isOpen === true ||
      this.#web.state === 'connected' ||
      this.#web.end?.kind === 'closed'
      ? 'supports-unreliable'
      : 'pending';
  }

  /** The application protocol that both sides agreed on; '' for none. */
  get protocol(): string {
    return this.#web.session?.protocol ?? '';
  }

  /**
   * Open a stream to the peer; it hears of it with the first bytes. Rejects with an InvalidStateError once the session has ended, and with
   * a QuotaExceededError while the peer allows no further stream, unless `waitUntilAvailable`.
   */
  async createUnidirectionalStream(
    options: WebTransportSendStreamOptions = {},
  ): Promise<WebTransportSendStream> {
    return (await this.#web.open(true, options)).sending!;
  }

  /** The same, with a direction back. */
  async createBidirectionalStream(
    options: WebTransportSendStreamOptions = {},
  ): Promise<WebTransportBidirectionalStream> {
    const { receiving, sending } = await this.#web.open(false, options);
    return new Bidirectional(receiving!, sending!);
  }

  /** A group of streams whose orders are compared with each other. Throws an InvalidStateError once the session has ended. */
  createSendGroup(): WebTransportSendGroup {
    if (this.#web.failure !== undefined) throw domException('InvalidStateError', 'the session has ended');
    return this.#web.order.createGroup();
  }

  /** Counters of the connection. Rejects with an InvalidStateError before there is one. */
  getStats(): Promise<WebTransportConnectionStats> {
    return this.#web.stats();
  }

  /**
   * Keying material that only both ends of this session have, of `length` bytes. Throws an InvalidStateError before the session is
   * established. draft-ietf-webtrans-http3 §4.8
   */
  exportKeyingMaterial(length: number, label: string, context: Uint8Array = new Uint8Array(0)): Uint8Array {
    const { http, session } = this.#web;
    if (http === undefined || session === undefined || session.id < 0)
      throw domException('InvalidStateError', 'the session is not established');
    return http.connection.exportKeyingMaterial(
      length,
      'EXPORTER-WebTransport',
      exporterContext(session.id, label, context),
    );
  }

  /**
   * Close the session: both ends hear code and text, and streams that are open fail. A second call does nothing. Wait for what was written
   * before: `close` of a stream resolves when it has arrived.
   */
  close(info: WebTransportCloseInfo = {}): void {
    this.#web.close(info);
  }

  /** What was agreed on, or why the session ended or did not begin, with what to change: for people who look for a fault. */
  explain(): Explanation {
    return explainSession(this.#web);
  }
}

/** The session, the label and the context of an exporter. draft-ietf-webtrans-http3 §4.8 */
function exporterContext(sessionId: number, label: string, context: Uint8Array): Uint8Array {
  const name = new TextEncoder().encode(label);
  if (name.length > 255 || context.length > 255)
    throw new TypeError('label and context have at most 255 bytes each');
  const bytes = new Uint8Array(8 + 1 + name.length + 1 + context.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(sessionId / 2 ** 32));
  view.setUint32(4, sessionId % 2 ** 32);
  bytes[8] = name.length;
  bytes.set(name, 9);
  bytes[9 + name.length] = context.length;
  bytes.set(context, 10 + name.length);
  return bytes;
}
