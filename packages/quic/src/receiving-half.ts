import type { QuicStream as StreamHandle } from '@tsquic/quic-core';
import { QuicStreamError } from './errors.ts';
import { useIfAlive } from './usage.ts';

/** The direction of a stream that brings bytes, for a view to pull from. Bytes wait in the core, never here. */
export class ReceivingHalf {
  /** The view hears that there may be something to read, or the end of it. */
  onChange: () => void = () => {};
  /** Everything up to the end was read. */
  ended = false;
  private readonly handle: StreamHandle;
  private readonly wake: () => void;
  private broken: { readonly error: unknown } | undefined = undefined;
  private connectionError: unknown = undefined;

  constructor(handle: StreamHandle, wake: () => void) {
    this.handle = handle;
    this.wake = wake;
  }

  /** Why nothing more can be read, or undefined. What arrived before the connection ended can be read first. */
  get failure(): unknown {
    if (this.broken !== undefined) return this.broken.error;
    if (this.ended || this.connectionError === undefined) return undefined;
    return this.handle.readableBytes > 0 ? undefined : this.connectionError;
  }

  get readableBytes(): number {
    return this.broken === undefined ? this.handle.readableBytes : 0;
  }

  /** Copy bytes into `into`; 0 when none are there now, at the end, and after a failure. */
  read(into: Uint8Array): number {
    if (this.ended || this.broken !== undefined) return 0;
    const count = this.handle.read(into);
    this.ended = this.handle.finished;
    // What was read is credit for the peer.
    if (count > 0) this.wake();
    return count;
  }

  /** Give up reading: the peer is asked to stop. */
  stop(code: number, error: unknown): void {
    if (this.ended || this.broken !== undefined) return;
    this.broken = { error };
    useIfAlive(() => this.handle.stopSending(code));
    this.wake();
    this.onChange();
  }

  onReadable(): void {
    this.onChange();
  }

  /** RESET_STREAM came: what was not read is gone. */
  onReset(code: number): void {
    if (this.ended || this.broken !== undefined) return;
    const { id } = this.handle;
    this.broken = {
      error: new QuicStreamError(code, `the peer gave up sending on stream ${id} with code ${code}`),
    };
    this.onChange();
  }

  onConnectionEnd(error: unknown): void {
    this.connectionError = error;
    this.onChange();
  }
}
