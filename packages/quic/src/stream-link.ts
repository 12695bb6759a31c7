import type { QuicEvent, QuicStream as StreamHandle } from '@tsquic/quic-core';
import { ReceivingHalf } from './receiving-half.ts';
import { SendingHalf } from './sending-half.ts';

/** What a stream needs of its connection. */
export interface StreamHost {
  /** There is something to send. */
  wake(): void;
  /** A sending half has nothing left to wait for. */
  onSendingOver(): void;
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

  constructor(handle: StreamHandle, host: StreamHost) {
    this.id = handle.id;
    this.isUnidirectional = (handle.id & UNIDIRECTIONAL) !== 0;
    this.isLocal = ((handle.id & SERVER_INITIATED) === 0) === handle.connection.isClient;
    const wake = (): void => host.wake();
    const hasBoth = !this.isUnidirectional;
    this.receiving = hasBoth || !this.isLocal ? new ReceivingHalf(handle, wake) : undefined;
    this.sending =
      hasBoth || this.isLocal ? new SendingHalf(handle, wake, () => host.onSendingOver()) : undefined;
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
    this.receiving?.onConnectionEnd(error);
    this.sending?.onConnectionEnd(error);
  }

  /** Give up what is unfinished, both ways. */
  abort(code: number, error: unknown): void {
    this.receiving?.stop(code, error);
    this.sending?.abort(code, error);
  }
}

/** RFC 9000 §2.1 */
const SERVER_INITIATED = 1;
const UNIDIRECTIONAL = 2;
