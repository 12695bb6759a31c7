import type { QuicEvent, QuicStream as StreamHandle } from '@tsquic/quic-core';
import { Deferred } from './deferred.ts';
import { ReceivingHalf } from './receiving-half.ts';
import { SendingHalf } from './sending-half.ts';

/** What a stream needs of its connection. */
export interface StreamHost {
  /** There is something to send. */
  wake(): void;
  /** A direction has nothing left to wait for. */
  onHalfOver(): void;
}

/** The halves that a stream has, and who hears which event. */
export class StreamLink {
  readonly id: number;
  readonly isUnidirectional: boolean;
  readonly isLocal: boolean;
  readonly receiving: ReceivingHalf | undefined;
  readonly sending: SendingHalf | undefined;
  /** Forgets the signal that could abort the stream. */
  releaseSignal: () => void = () => {};
  /** The program has taken a view of it. */
  touched = false;
  private connectionError: unknown = undefined;
  private closing: Deferred<void> | undefined = undefined;

  constructor(handle: StreamHandle, host: StreamHost) {
    this.id = handle.id;
    this.isUnidirectional = (handle.id & UNIDIRECTIONAL) !== 0;
    this.isLocal = ((handle.id & SERVER_INITIATED) === 0) === handle.connection.isClient;
    const wake = (): void => host.wake();
    const hasBoth = !this.isUnidirectional;
    const onOver = (): void => {
      this.settle();
      host.onHalfOver();
    };
    this.receiving = hasBoth || !this.isLocal ? new ReceivingHalf(handle, wake, onOver) : undefined;
    this.sending = hasBoth || this.isLocal ? new SendingHalf(handle, wake, onOver) : undefined;
  }

  /** Settles when both directions are over, and rejects with why one ended early. */
  get closed(): Promise<void> {
    if (this.closing === undefined) {
      this.closing = new Deferred<void>().optional();
      this.settle();
    }
    return this.closing.promise;
  }

  /** Neither direction has anything left to wait for. */
  get over(): boolean {
    return (this.receiving?.over ?? true) && (this.sending?.over ?? true);
  }

  /**
   * Somebody waits for something here: for the end of what is read, for the delivery of what is written, or, on a
   * stream of the peer's that was looked at, for an answer.
   */
  get inUse(): boolean {
    const { receiving, sending } = this;
    if (receiving !== undefined && receiving.wanted && !receiving.over) return true;
    if (sending === undefined || sending.over) return false;
    return sending.used || sending.isHeld() || (!this.isLocal && this.touched && !this.isUnanswerable);
  }

  onEvent(event: QuicEvent): void {
    switch (event.type) {
      case 'stream-readable':
        this.receiving?.onReadable();
        break;
      case 'stream-reset':
        this.receiving?.onReset(event.code);
        break;
      case 'stream-writable':
        this.sending?.onWritable();
        break;
      case 'stream-delivered':
        this.sending?.onDelivered();
        break;
      case 'stream-stopped':
        this.sending?.onStopped(event.code);
        break;
    }
  }

  onConnectionEnd(error: unknown): void {
    this.releaseSignal();
    if (!this.over) this.connectionError = error;
    this.receiving?.onConnectionEnd(error);
    this.sending?.onConnectionEnd(error);
    this.settle();
  }

  /** Give up what is unfinished, both ways. */
  abort(code: number, error: unknown): void {
    this.receiving?.stop(code, error, true);
    this.sending?.abort(code, error);
  }

  /** The question itself was given up. */
  private get isUnanswerable(): boolean {
    return this.receiving?.failure !== undefined;
  }

  private settle(): void {
    if (this.closing === undefined || !this.over) return;
    const fault = this.connectionError ?? this.receiving?.fault ?? this.sending?.failure;
    if (fault === undefined) this.closing.resolve();
    else this.closing.reject(fault);
  }
}

/** RFC 9000 §2.1 */
const SERVER_INITIATED = 1;
const UNIDIRECTIONAL = 2;
