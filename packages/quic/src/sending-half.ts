import type { QuicStream as StreamHandle } from '@tsquic/quic-core';
import { Deferred } from './deferred.ts';
import { QuicStreamError } from './errors.ts';
import { givenUp, type HalfOwner } from './receiving-half.ts';
import { use } from './usage.ts';

/** What writes to a half. */
export interface WritingView {
  /** Whether the program holds it to write. */
  readonly isHeld: boolean;
  /** No more can be sent. */
  onFailure(error: unknown): void;
}

/** The sending direction of a stream, to which a view passes bytes. One write at a time. */
export class SendingHalf {
  view: WritingView | undefined = undefined;
  /** Bytes that may wait in the view; undefined for the default. */
  highWaterMark: number | undefined = undefined;
  /** Whether bytes were written, or are about to be, so that `finish` waits for the end. */
  used = false;
  private readonly handle: StreamHandle;
  private readonly owner: HalfOwner;
  private pending: { readonly bytes: Uint8Array; at: number; readonly done: Deferred<void> } | undefined =
    undefined;
  private ending: Deferred<void> | undefined = undefined;
  private broken: { readonly error: unknown } | undefined = undefined;
  private delivered = false;

  constructor(handle: StreamHandle, owner: HalfOwner) {
    this.handle = handle;
    this.owner = owner;
  }

  get failure(): unknown {
    return this.broken?.error;
  }

  /** Whether everything written and the end were acknowledged, or sending was abandoned. */
  get over(): boolean {
    return this.delivered || this.broken !== undefined;
  }

  /**
   * Write bytes. Returns undefined when all were taken at once; otherwise a promise that resolves when they
   * are, which may take long when the peer reads slowly.
   */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.broken !== undefined) return Promise.reject(this.broken.error);
    this.used = true;
    const taken = this.offer(bytes, 0);
    if (taken === bytes.length) return undefined;
    this.pending = { bytes, at: taken, done: new Deferred<void>().optional() };
    return this.pending.done.promise;
  }

  /** End the stream. Resolves when the peer has acknowledged every byte. */
  end(): Promise<void> {
    if (this.broken !== undefined) return Promise.reject(this.broken.error);
    this.used = true;
    this.ending = new Deferred<void>().optional();
    this.handle.write(NOTHING, true);
    this.owner.wake();
    return this.ending.promise;
  }

  /** Abandon sending with RESET_STREAM. */
  abort(code: number, error: unknown): void {
    if (this.over) return;
    this.handle.reset(code);
    this.owner.wake();
    this.fail(error ?? givenUp(this.handle.id, code));
  }

  /** Hold at most so many bytes that have not left. */
  setHighWaterMark(bytes: number): void {
    this.highWaterMark = bytes;
    this.handle.setHighWaterMark(bytes);
  }

  /**
   * Abandon the data beyond the first `reliableSize` bytes; returns false, and does nothing, when the peer
   * does not accept RESET_STREAM_AT.
   */
  abortAt(code: number, reliableSize: number, error: unknown): boolean {
    if (this.over) return true;
    if (!use(() => this.handle.resetAt(code, reliableSize))) return false;
    this.owner.wake();
    this.fail(error ?? givenUp(this.handle.id, code));
    return true;
  }

  onWritable(): void {
    const { pending } = this;
    if (pending === undefined) return;
    pending.at += this.offer(pending.bytes, pending.at);
    if (pending.at < pending.bytes.length) return;
    this.pending = undefined;
    pending.done.resolve();
  }

  onDelivered(): void {
    if (this.over) return;
    this.delivered = true;
    this.ending?.resolve();
    this.owner.onHalfOver();
  }

  /** STOP_SENDING came; the core has answered it. */
  onStopped(code: number): void {
    const message = `the peer wants no more of stream ${this.handle.id}, code ${code}`;
    this.fail(new QuicStreamError(code, message, 'ERR_QUIC_STREAM_STOPPED'));
  }

  onConnectionEnd(error: unknown): void {
    this.fail(error);
  }

  private offer(bytes: Uint8Array, from: number): number {
    const rest = from === 0 ? bytes : bytes.subarray(from);
    const taken = this.handle.write(rest);
    this.owner.wake();
    return taken;
  }

  private fail(error: unknown): void {
    if (this.over) return;
    this.broken = { error };
    this.pending?.done.reject(error);
    this.ending?.reject(error);
    this.pending = undefined;
    this.view?.onFailure(error);
    this.owner.onHalfOver();
  }
}

const NOTHING = new Uint8Array(0);
