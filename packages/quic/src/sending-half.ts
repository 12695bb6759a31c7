import type { QuicStream as StreamHandle } from '@tsquic/quic-core';
import { Deferred } from './deferred.ts';
import { QuicStreamError } from './errors.ts';
import { givenUp } from './receiving-half.ts';

/** The direction of a stream that takes bytes, for a view to push into. One write at a time. */
export class SendingHalf {
  /** The view hears at once that nothing more can be sent. */
  onFailure: (error: unknown) => void = () => {};
  /** The view says whether somebody holds it to write. */
  isHeld: () => boolean = () => false;
  /** Something was written, or is about to be: `finish` waits for the end then. */
  used = false;
  private readonly handle: StreamHandle;
  private readonly wake: () => void;
  private readonly onOver: () => void;
  private pending: { readonly bytes: Uint8Array; at: number; readonly done: Deferred<void> } | undefined =
    undefined;
  private ending: Deferred<void> | undefined = undefined;
  private broken: { readonly error: unknown } | undefined = undefined;
  private delivered = false;

  /** @param onOver - there is nothing more to wait for: everything is delivered, or given up. */
  constructor(handle: StreamHandle, wake: () => void, onOver: () => void) {
    this.handle = handle;
    this.wake = wake;
    this.onOver = onOver;
  }

  get failure(): unknown {
    return this.broken?.error;
  }

  /** Everything written was acknowledged, the end included, or was given up. */
  get over(): boolean {
    return this.delivered || this.broken !== undefined;
  }

  /** Undefined when all bytes were taken at once; otherwise a promise for it, which back-pressure may hold long. */
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
    this.wake();
    return this.ending.promise;
  }

  /** Give up: the peer hears that the rest does not come. */
  abort(code: number, error: unknown): void {
    if (this.over) return;
    this.handle.reset(code);
    this.wake();
    this.fail(error ?? givenUp(this.handle.id, code));
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
    this.onOver();
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
    this.wake();
    return taken;
  }

  private fail(error: unknown): void {
    if (this.over) return;
    this.broken = { error };
    this.pending?.done.reject(error);
    this.ending?.reject(error);
    this.pending = undefined;
    this.onFailure(error);
    this.onOver();
  }
}

const NOTHING = new Uint8Array(0);
