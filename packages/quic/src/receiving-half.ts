import type { QuicStream as StreamHandle } from '@tsquic/quic-core';
import { QuicStreamError } from './errors.ts';

/** The direction of a stream that brings bytes, for a view to pull from. Bytes wait in the core, never here. */
export class ReceivingHalf {
  /** The view hears that there may be something to read, or the end of it. */
  onChange: () => void = () => {};
  /** Everything up to the end was read. */
  ended = false;
  /** Somebody reads: `finish` waits for the end then. */
  wanted = false;
  private readonly handle: StreamHandle;
  private readonly wake: () => void;
  private readonly onOver: () => void;
  private broken: Broken | undefined = undefined;
  private connectionError: unknown = undefined;

  /** @param onOver - there is nothing more to wait for: all was read, or given up. */
  constructor(handle: StreamHandle, wake: () => void, onOver: () => void) {
    this.handle = handle;
    this.wake = wake;
    this.onOver = onOver;
  }

  /** Why nothing more can be read, or undefined. What arrived before the connection ended can be read first. */
  get failure(): unknown {
    if (this.broken !== undefined) return this.broken.error;
    if (this.ended || this.connectionError === undefined) return undefined;
    return this.handle.readableBytes > 0 ? undefined : this.connectionError;
  }

  /** All was read, or given up. */
  get over(): boolean {
    return this.ended || this.broken !== undefined || this.connectionError !== undefined;
  }

  /** What ended it early, if that is more than this program's word that it has enough. */
  get fault(): unknown {
    return this.broken?.isFault === false ? undefined : this.failure;
  }

  get readableBytes(): number {
    return this.broken === undefined ? this.handle.readableBytes : 0;
  }

  /** Copy bytes into `into`; 0 when none are there now, at the end, and after a failure. */
  read(into: Uint8Array): number {
    if (this.ended || this.broken !== undefined) return 0;
    this.wanted = true;
    const count = this.handle.read(into);
    this.ended = this.handle.finished;
    // What was read is credit for the peer.
    if (count > 0) this.wake();
    if (this.ended) this.onOver();
    return count;
  }

  /**
   * Give up reading: the peer is asked to stop.
   *
   * @param isFault - something is wrong, not merely enough.
   */
  stop(code: number, error: unknown, isFault: boolean): void {
    if (this.ended || this.broken !== undefined) return;
    this.handle.stopSending(code);
    this.wake();
    this.break({ error: error ?? givenUp(this.handle.id, code), isFault });
  }

  onReadable(): void {
    this.onChange();
  }

  /** RESET_STREAM came: what was not read is gone. */
  onReset(code: number): void {
    if (this.ended || this.broken !== undefined) return;
    const message = `the peer gave up sending on stream ${this.handle.id} with code ${code}`;
    this.break({ error: new QuicStreamError(code, message), isFault: true });
  }

  onConnectionEnd(error: unknown): void {
    this.connectionError = error;
    this.onChange();
    this.onOver();
  }

  private break(broken: Broken): void {
    this.broken = broken;
    this.onChange();
    this.onOver();
  }
}

/** Why a half was given up here, where nobody has said. */
export function givenUp(streamId: number, code: number): QuicStreamError {
  return new QuicStreamError(code, `stream ${streamId} was given up here`);
}

interface Broken {
  readonly error: unknown;
  readonly isFault: boolean;
}
