import type { StreamHandlers } from '@tsquic/event-adapters';
import type { DataPath, QuicStream as StreamHandle } from '@tsquic/quic-core';
import { Deferred } from './deferred.ts';
import { type HalfOwner, ReceivingHalf } from './receiving-half.ts';
import type { SendOrders } from './send-orders.ts';
import { SendingHalf } from './sending-half.ts';
import { use } from './usage.ts';

/** The functions of a connection that a stream needs. */
export interface StreamHost {
  /** The order in which the streams of the connection are sent. */
  readonly sendOrders: SendOrders;
  /** The stream has something to send. */
  wake(): void;
  /** A direction has ended. */
  onHalfOver(): void;
  /** Both directions have ended, and the core has forgotten the stream. */
  onReleased(link: StreamLink): void;
}

/** The halves of a stream; passes its events to them. */
export class StreamLink implements StreamHandlers, HalfOwner {
  readonly id: number;
  readonly handle: StreamHandle;
  readonly isUnidirectional: boolean;
  readonly isLocal: boolean;
  readonly receiving: ReceivingHalf | undefined;
  readonly sending: SendingHalf | undefined;
  /** Stops listening to the signal that may abort the stream. */
  releaseSignal: () => void = nothing;
  /** Whether the program has used a view of it. */
  touched = false;
  private readonly host: StreamHost;
  private connectionError: unknown = undefined;
  private closing: Deferred<void> | undefined = undefined;

  constructor(handle: StreamHandle, host: StreamHost) {
    this.id = handle.id;
    this.handle = handle;
    this.host = host;
    this.isUnidirectional = (handle.id & UNIDIRECTIONAL) !== 0;
    this.isLocal = ((handle.id & SERVER_INITIATED) === 0) === handle.connection.isClient;
    const hasBoth = !this.isUnidirectional;
    this.receiving = hasBoth || !this.isLocal ? new ReceivingHalf(handle, this) : undefined;
    this.sending = hasBoth || this.isLocal ? new SendingHalf(handle, this) : undefined;
  }

  /** Whether data of the peer came in 0-RTT packets. */
  get early(): boolean {
    return this.handle.early;
  }

  /** The order in which the streams of the connection are sent. */
  get sendOrders(): SendOrders {
    return this.host.sendOrders;
  }

  /** No end of the handshake has proven yet that the data is no replay. RFC 9001 §9.2 */
  get mayBeReplay(): boolean {
    const { early, connection } = this.handle;
    return early && !connection.isClient && connection.statistics().state === 'handshaking';
  }

  /** Send the data by this path; see `QuicStream.setPath`. */
  setPath(path: DataPath): boolean {
    const isDone = use(() => this.handle.setPath(path));
    this.host.wake();
    return isDone;
  }

  /** Resolves when both directions have ended, and rejects with the reason when one ended early. */
  get closed(): Promise<void> {
    if (this.closing === undefined) {
      this.closing = new Deferred<void>().optional();
      this.settle();
    }
    return this.closing.promise;
  }

  /** Whether both directions have ended. */
  get over(): boolean {
    return (this.receiving?.over ?? true) && (this.sending?.over ?? true);
  }

  /**
   * Whether `finish` has to wait for the stream: for the end of what is read, for the delivery of what is
   * written or, on a stream of the peer that the program has used, for an answer.
   */
  get inUse(): boolean {
    const { receiving, sending } = this;
    if (receiving !== undefined && receiving.wanted && !receiving.over) return true;
    if (sending === undefined || sending.over) return false;
    return (
      sending.used || sending.view?.isHeld === true || (!this.isLocal && this.touched && !this.isUnanswerable)
    );
  }

  wake(): void {
    this.host.wake();
  }

  onHalfOver(): void {
    this.settle();
    this.host.onHalfOver();
  }

  onReadable(): void {
    this.receiving?.onReadable();
  }

  onReset(code: number, reliableSize: number): void {
    this.receiving?.onReset(code, reliableSize);
  }

  onWritable(): void {
    this.sending?.onWritable();
  }

  onDelivered(): void {
    this.sending?.onDelivered();
  }

  onStopped(code: number): void {
    this.sending?.onStopped(code);
  }

  onReleased(): void {
    this.host.onReleased(this);
  }

  onConnectionEnd(error: unknown): void {
    this.releaseSignal();
    if (!this.over) this.connectionError = error;
    this.receiving?.onConnectionEnd(error);
    this.sending?.onConnectionEnd(error);
    this.settle();
  }

  /** Abandon both directions as far as they are unfinished. */
  abort(code: number, error: unknown): void {
    this.receiving?.stop(code, error, true);
    this.sending?.abort(code, error);
  }

  /** Whether the peer reset its request, so that no answer is expected. */
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

function nothing(): void {}

/** RFC 9000 §2.1 */
const SERVER_INITIATED = 1;
const UNIDIRECTIONAL = 2;
