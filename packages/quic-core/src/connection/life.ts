import type { Level } from '@tsquic/tls13';
import { TransportCode, TransportError } from '../errors/transport-error.ts';
import type { CloseReason } from '../events.ts';
import type { CloseFrame } from '../frame/close.ts';
import type { Path } from '../path/path.ts';
import { type CloseState, peerCloseReason, transportReason } from './close-state.ts';

/**
 * Ends a connection: it changes the state of RFC 9000 §10, and reports the end to the program and the
 * context. The receiver, the timers and the program call it; it sends nothing itself.
 */
export class Life {
  /** Nothing is left to do: the context may forget the connection. */
  finished = false;
  /** Where CONNECTION_CLOSE goes; the path in use when undefined. */
  closingPath: Path | undefined = undefined;
  /**
   * Where the first CONNECTION_CLOSE still has to go, where there are several paths: one of them may have died just now.
   * draft-ietf-quic-multipath §2.6
   */
  untoldPaths: Path[] = [];
  private readonly state: CloseState;
  private readonly onClosed: (reason: CloseReason) => void;
  /**
   * The peer's close reason, which the program gets after the packet in answer has left: then nothing is left
   * to send.
   */
  private untold: CloseReason | undefined = undefined;

  /** @param onClosed - called once, when the program is to be told. */
  constructor(state: CloseState, onClosed: (reason: CloseReason) => void) {
    this.state = state;
    this.onClosed = onClosed;
  }

  /** Begin to close; the next datagram tells the peer. RFC 9000 §10.2 */
  close(reason: CloseReason): void {
    if (this.state.begin(reason)) this.onClosed(reason);
  }

  /** Close because the peer broke a rule of the protocol; any other error is thrown again. RFC 9000 §11.1 */
  closeFor(error: unknown): void {
    if (!(error instanceof TransportError)) throw error;
    this.close(transportReason(error));
  }

  /** The peer's CONNECTION_CLOSE came. RFC 9000 §10.2.2 */
  onPeerClose(frame: CloseFrame): void {
    const reason = peerCloseReason(frame);
    if (this.state.drain(reason)) this.untold = reason;
  }

  /** Whether the peer's CONNECTION_CLOSE came and the program has not been told. */
  get awaitsAnswer(): boolean {
    return this.untold !== undefined;
  }

  /** Answer the peer's CONNECTION_CLOSE with one packet at `level`, on `path`. RFC 9000 §10.2.2 */
  answer(level: Level, path: Path): void {
    this.closingPath = path;
    this.state.answer(level);
  }

  /** Tell the program the peer's close reason, unless it was told. */
  tell(): void {
    const { untold } = this;
    this.untold = undefined;
    if (untold !== undefined) this.onClosed(untold);
  }

  /**
   * Enter the draining period without a CONNECTION_CLOSE, and discard what the peer still sends.
   * RFC 9000 §10.2.2, §10.3.1
   */
  drain(reason: CloseReason): void {
    if (this.state.drain(reason)) this.onClosed(reason);
  }

  /** End at once and send nothing, as after an idle timeout. RFC 9000 §10.1 */
  vanish(reason: CloseReason): void {
    this.drain(reason);
    this.tell();
    this.finished = true;
  }

  /**
   * Close with INTERNAL_ERROR after a defect of this code; send nothing when closing fails as well.
   * RFC 9000 §20.1
   */
  fail(error: unknown): void {
    if (this.state.active) this.finished = true;
    this.tell();
    const failure = new TransportError(TransportCode.InternalError, 0, 'internal error');
    this.close({ ...transportReason(failure), cause: error });
  }
}
