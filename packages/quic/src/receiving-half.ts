import type { QuicStream as StreamHandle } from '@tsquic/quic-core';
import { QuicStreamError } from './errors.ts';

/** The functions of its stream that a half needs. */
export interface HalfOwner {
  /** There is something to send. */
  wake(): void;
  /** All was read, everything is delivered, or the half was abandoned. */
  onHalfOver(): void;
}

/** What reads from a half. */
export interface ReadingView {
  /** There may be bytes to read, or the end. */
  onChange(): void;
}

/** The receiving direction of a stream, from which a view takes bytes. Bytes wait in the core, never here. */
export class ReceivingHalf {
  view: ReadingView | undefined = undefined;
  /** Whether everything up to the end was read. */
  ended = false;
  /**
   * Whether the peer reset the stream at a reliable size: what was read counts, and the failure comes after
   * it.
   */
  isPartial = false;
  /** Whether the program reads, so that `finish` waits for the end. */
  wanted = false;
  private readonly handle: StreamHandle;
  private readonly owner: HalfOwner;
  private broken: Broken | undefined = undefined;
  private connectionError: unknown = undefined;

  constructor(handle: StreamHandle, owner: HalfOwner) {
    this.handle = handle;
    this.owner = owner;
  }

  /**
   * Why no more can be read, or undefined. Data that arrived before the connection ended can be read first.
   */
  get failure(): unknown {
    if (this.broken !== undefined) return this.broken.error;
    if (this.ended || this.connectionError === undefined) return undefined;
    return this.handle.readableBytes > 0 ? undefined : this.connectionError;
  }

  /** Whether all was read, or reading was abandoned. */
  get over(): boolean {
    return this.ended || this.broken !== undefined || this.connectionError !== undefined;
  }

  /** What ended it early, unless the program had merely read enough. */
  get fault(): unknown {
    return this.broken?.isFault === false ? undefined : this.failure;
  }

  get readableBytes(): number {
    return this.broken === undefined ? this.handle.readableBytes : 0;
  }

  /** Copy bytes into `into`; returns 0 when none are there now, at the end, and after a failure. */
  read(into: Uint8Array): number {
    if (this.ended || this.broken !== undefined) return 0;
    this.wanted = true;
    const count = this.handle.read(into);
    this.ended = this.handle.finished;
    // Reading gives the peer credit, which has to be sent.
    if (count > 0) this.owner.wake();
    if (this.ended) this.owner.onHalfOver();
    return count;
  }

  /**
   * Abandon reading: the peer is asked to stop.
   *
   * @param isFault - whether there was an error, and not just enough data.
   */
  stop(code: number, error: unknown, isFault: boolean): void {
    if (this.ended || this.broken !== undefined) return;
    this.handle.stopSending(code);
    this.owner.wake();
    this.break({ error: error ?? givenUp(this.handle.id, code), isFault });
  }

  onReadable(): void {
    this.view?.onChange();
  }

  /**
   * RESET_STREAM came, and unread data is dropped; or RESET_STREAM_AT came, and the first `reliableSize`
   * bytes were read.
   */
  onReset(code: number, reliableSize: number): void {
    if (this.ended || this.broken !== undefined) return;
    this.isPartial = reliableSize > 0;
    const message = `the peer gave up sending on stream ${this.handle.id} with code ${code}`;
    this.break({ error: new QuicStreamError(code, message), isFault: true });
  }

  onConnectionEnd(error: unknown): void {
    this.connectionError = error;
    this.view?.onChange();
    this.owner.onHalfOver();
  }

  private break(broken: Broken): void {
    this.broken = broken;
    this.view?.onChange();
    this.owner.onHalfOver();
  }
}

/** The error of a half that the program abandoned without giving one. */
export function givenUp(streamId: number, code: number): QuicStreamError {
  return new QuicStreamError(code, `stream ${streamId} was given up here`);
}

interface Broken {
  readonly error: unknown;
  readonly isFault: boolean;
}
