import type { Http3Stream, RequestHead, ResponseHead } from '@tsquic/http3';
import type { CloseReason, QuicStream, StreamPriority } from '@tsquic/quic-core';
import type { Dialect, InitialLimits } from '../dialect/dialect.ts';
import type { SessionClose } from './capsules.ts';
import type { DataStream, DataStreamHandlers } from './data-stream.ts';
import { WebTransportCode } from './error-code.ts';
import { IncomingCapsules } from './incoming-capsules.ts';
import { OutgoingCapsules } from './outgoing-capsules.ts';
import type { SessionEnd } from './session-end.ts';
import { malformed, SessionError } from './session-error.ts';
import type { ConnectFailure, ConnectHandlers, SessionHost } from './session-host.ts';
import { SessionStreams } from './session-streams.ts';

/** What a program is told of a session. */
export interface SessionHandlers {
  /** Client: the server has accepted it. */
  onOpen?(head: ResponseHead): void;
  /** The peer opened a stream; returns who is told of it. Without handlers the stream waits, and holds its bytes. */
  onStream?(stream: DataStream): DataStreamHandlers | undefined;
  /** Datagrams can be read where none could. */
  onDatagram?(): void;
  /** Streams may be opened again where `openStream` returned undefined. */
  onStreamsAvailable?(unidirectional: boolean): void;
  /** The peer asks to bring the session to its end. draft-ietf-webtrans-http3 §4.7 */
  onDraining?(): void;
  /** The session is over: no call follows but `onFinished`. */
  onClosed?(end: SessionEnd): void;
  /** The CONNECT stream has ended both ways, so that closing the connection loses nothing. draft-ietf-webtrans-http3 §6 */
  onFinished?(): void;
}

/** What a session is made of. */
export interface SessionSetup {
  readonly host: SessionHost;
  readonly head: RequestHead;
  readonly dialect: Dialect;
  /** The limits of both sides; Infinity where flow control is off. */
  readonly ownLimits: InitialLimits;
  readonly peerLimits: InitialLimits;
  /** Client: the protocol that a response names. Throws a `SessionError` for one that may not be named. */
  protocolOf(head: ResponseHead): string | undefined;
  /** Streams that wait for the session may be handed over. */
  onOpen(session: Session): void;
  /** It has ended: further streams of it are strays. */
  onOver(session: Session): void;
}

/** 'closing' is one whose streams have ended, while its CONNECT stream has more to say. */
type State = 'pending' | 'open' | 'closing' | 'over';

/** A session of either side: its CONNECT stream, its streams and its datagrams. draft-ietf-webtrans-http3 */
export class Session implements ConnectHandlers {
  readonly head: RequestHead;
  readonly dialect: Dialect;
  readonly host: SessionHost;
  handlers: SessionHandlers = {};
  /** The application protocol that both sides agreed on; undefined for none. draft-ietf-webtrans-http3 §3.3 */
  protocol: string | undefined = undefined;
  private readonly setup: SessionSetup;
  private readonly streams: SessionStreams;
  private readonly capsules: IncomingCapsules;
  private readonly outgoing = new OutgoingCapsules();
  private connect: Http3Stream | undefined = undefined;
  private state: State = 'pending';
  /** How it ended, once it has. */
  private ending: SessionEnd | undefined = undefined;
  /** Whether this side has closed it. */
  private hasClosed = false;
  private isPeerDone = false;
  private isDraining = false;

  constructor(setup: SessionSetup) {
    const { host, head, dialect, ownLimits, peerLimits } = setup;
    this.setup = setup;
    this.host = host;
    this.head = head;
    this.dialect = dialect;
    this.streams = this.createStreams(ownLimits, peerLimits);
    this.capsules = new IncomingCapsules({
      onClose: (close) => {
        this.outgoing.end(this.connect!);
        this.endStreams({ kind: 'closed', ...close, remote: true });
      },
      onDrain: () => this.onDrain(),
      onLimit: (capsule) => this.streams.onCapsule(capsule),
    });
  }

  /** The session ID; -1 before its CONNECT stream is there. */
  get id(): number {
    return this.connect?.id ?? -1;
  }

  get isOpen(): boolean {
    return this.state === 'open';
  }

  /** How it ended; undefined while it lives. */
  get end(): SessionEnd | undefined {
    return this.ending;
  }

  /** Streams of both sides that are open. */
  get streamCount(): number {
    return this.streams.size;
  }

  /** Bytes of the largest datagram that fits now; 0 while none may be sent. */
  get maxDatagramBytes(): number {
    // The quarter of the ID stands before the payload. RFC 9297 §2.1
    const idBytes = this.id < 256 ? 1 : this.id < 65_536 ? 2 : 4;
    return Math.max(0, this.host.connection.datagrams.maxBytes - idBytes);
  }

  /** The CONNECT stream is there. */
  begin(connect: Http3Stream): void {
    this.connect = connect;
  }

  /** It is established: streams, datagrams and capsules that came early are told. draft-ietf-webtrans-http3 §3.2 */
  open(): void {
    if (this.state !== 'pending') return;
    this.state = 'open';
    this.setup.onOpen(this);
    this.onDatagram();
    this.onContent();
  }

  /** Open a stream; undefined while the peer or the session's limit allows none: `onStreamsAvailable` tells when. */
  openStream(
    unidirectional: boolean,
    handlers: DataStreamHandlers,
    priority?: StreamPriority,
  ): DataStream | undefined {
    return this.state === 'open' ? this.streams.open(unidirectional, handlers, priority) : undefined;
  }

  /** Take a stream that the peer opened, of which `headerBytes` were read; nothing more is heard of one that is released. */
  adopt(stream: QuicStream, headerBytes: number, isReleased: boolean): DataStream {
    return this.streams.adopt(stream, headerBytes, isReleased);
  }

  /** Send a datagram; false where it does not fit, or may not be sent now. draft-ietf-webtrans-http3 §4.5 */
  sendDatagram(payload: Uint8Array): boolean {
    return this.state === 'open' && this.connect!.sendDatagram(payload);
  }

  /** The oldest datagram that was not read; undefined where there is none. */
  receiveDatagram(): Uint8Array | undefined {
    return this.state === 'open' ? this.connect!.receiveDatagram() : undefined;
  }

  /** Ask the peer to bring the session to its end. draft-ietf-webtrans-http3 §4.7 */
  drain(): void {
    if (this.state !== 'open') return;
    this.outgoing.oweDrain();
    this.outgoing.flush(this.connect!);
  }

  /**
   * Close the session; a text beyond 1024 bytes is cut. Streams end with WT_SESSION_GONE. One that is not established is given up.
   * draft-ietf-webtrans-http3 §6
   */
  close({ code, reason }: SessionClose): void {
    const end = { kind: 'closed', code, reason, remote: false } as const;
    if (this.state === 'pending') {
      this.connect?.cancel();
      this.finish(end);
    } else if (this.state === 'open') {
      this.hasClosed = true;
      this.outgoing.oweClose({ code, reason });
      this.endStreams(end);
      this.outgoing.flush(this.connect!);
      this.onContent();
    }
  }

  /** End the session for what the peer did wrong: its CONNECT stream is given up with the code. */
  fail({ code, message }: SessionError): void {
    if (this.state === 'over') return;
    // Both halves: of a RESET_STREAM alone, Chromium 156 tells the page nothing.
    this.connect?.cancel(code);
    this.finish({ kind: 'failed', code, text: message, remote: false });
  }

  /** Server: the request was answered by a refusal. */
  refuse(head: ResponseHead): void {
    this.finish({ kind: 'rejected', head });
  }

  // What the CONNECT stream tells

  onResponse(head: ResponseHead): void {
    if (this.state !== 'pending') return;
    if (head.status < 200 || head.status > 299) {
      this.connect?.cancel();
      return this.finish({ kind: 'rejected', head });
    }
    try {
      this.protocol = this.setup.protocolOf(head);
    } catch (error) {
      return this.onFault(error);
    }
    this.handlers.onOpen?.(head);
    this.open();
  }

  onContent(): void {
    if (this.state === 'pending' || this.connect === undefined) return;
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (let count = this.connect.read(chunk); count > 0; count = this.connect.read(chunk)) {
      const bytes = chunk.subarray(0, count);
      try {
        // What comes after this side has closed means nothing; what follows a close of the peer is an error.
        if (!this.hasClosed) this.capsules.read(bytes);
      } catch (error) {
        this.onFault(error);
      }
    }
  }

  /** The peer has ended the CONNECT stream: the same as WT_CLOSE_SESSION with 0 and no text. draft-ietf-webtrans-http3 §6 */
  onEnd(): void {
    if (this.state === 'over') return;
    if (this.state === 'pending') {
      // A server hears this of a request that it has not answered.
      this.connect?.cancel();
      return this.finish({ kind: 'closed', code: 0, reason: '', remote: true });
    }
    this.isPeerDone = true;
    if (!this.capsules.mayEnd && this.ending === undefined)
      return this.fail(malformed('the stream ends within a capsule'));
    this.outgoing.end(this.connect!);
    this.endStreams({ kind: 'closed', code: 0, reason: '', remote: true });
    this.finishIfDone();
  }

  onWritable(): void {
    if (this.state === 'open' || this.state === 'closing') this.outgoing.flush(this.connect!);
    this.finishIfDone();
  }

  /**
   * The peer reads the CONNECT stream no further. With WT_SESSION_GONE the reason stands in what it sends; any other code ends the
   * session. draft-ietf-webtrans-http3 §6
   */
  onStopped(code: number): void {
    if (this.state === 'closing') return this.finishIfDone();
    // A server that refuses reads no further, and its response follows.
    const isAsking = this.state === 'pending' && this.host.connection.isClient;
    if (this.state === 'over' || isAsking || code === WebTransportCode.SessionGone) return;
    this.connect?.cancel();
    this.finish({ kind: 'failed', code, text: 'the peer stops the session', remote: true });
  }

  onFailed({ code, text, isRemote }: ConnectFailure): void {
    this.finish({ kind: 'failed', code, text, remote: isRemote });
  }

  onDatagram(): void {
    if (this.state === 'open') this.handlers.onDatagram?.();
  }

  onClosed(reason: CloseReason): void {
    this.finish({ kind: 'disconnected', reason });
  }

  // What the connection and the streams tell

  /** WT_DRAIN_SESSION, or GOAWAY of the connection. draft-ietf-webtrans-http3 §4.7 */
  onDrain(): void {
    if (this.isDraining || this.ending !== undefined) return;
    this.isDraining = true;
    this.handlers.onDraining?.();
  }

  /** The transport allows streams again. */
  onTransportStreams(unidirectional: boolean): void {
    this.streams.onAllowed(unidirectional);
  }

  private createStreams(ownLimits: InitialLimits, peerLimits: InitialLimits): SessionStreams {
    return new SessionStreams(
      {
        host: this.host,
        state: () => ({ id: this.id, isOpen: this.state === 'open' }),
        onStream: (stream) => this.handlers.onStream?.(stream),
        onStreamsAvailable: (unidirectional) => this.handlers.onStreamsAvailable?.(unidirectional),
        sendLimit: (type, limit) => {
          if (this.state !== 'open') return;
          this.outgoing.oweLimit(type, limit);
          this.outgoing.flush(this.connect!);
        },
        fail: (error) => this.fail(error),
      },
      ownLimits,
      peerLimits,
    );
  }

  private onFault(error: unknown): void {
    if (!(error instanceof SessionError)) throw error;
    this.fail(error);
  }

  private endStreams(end: SessionEnd): void {
    if (this.ending !== undefined) return;
    this.ending = end;
    this.state = 'closing';
    this.streams.end(end);
    this.setup.onOver(this);
    this.handlers.onClosed?.(end);
  }

  /** Nothing comes or goes on the CONNECT stream any more. */
  private finish(end: SessionEnd): void {
    if (this.state === 'over') return;
    this.endStreams(end);
    this.state = 'over';
    this.handlers.onFinished?.();
  }

  private finishIfDone(): void {
    if (this.state !== 'closing' || !this.isPeerDone || !this.connect!.hasSent) return;
    this.state = 'over';
    this.handlers.onFinished?.();
  }
}

/** Bytes of the CONNECT stream that are read at once. */
const CHUNK_BYTES = 2048;
