import { type BufferSource, bytesOf } from './buffer-source.ts';
import { QuietReadable, QuietWritable } from './quiet-streams.ts';
import { numberFrom } from './web-idl.ts';

/** What datagrams need of their session. */
export interface DatagramSite {
  /** Bytes of the largest datagram that fits now; 0 while none may be sent. */
  readonly maxBytes: number;
  /** Send one; false where it may not be sent now. */
  send(payload: Uint8Array): boolean;
  receive(): Uint8Array | undefined;
  /** Why the session has ended; undefined while it lives. */
  readonly failure: unknown;
}

/** Counters of datagrams. */
export interface WebTransportDatagramStats {
  /** Those that came and were dropped, because more waited than `incomingHighWaterMark`. */
  readonly droppedIncoming: number;
  /** Those that came and waited longer than `incomingMaxAge`. */
  readonly expiredIncoming: number;
  /** Those that waited to be sent for longer than `outgoingMaxAge`. */
  readonly expiredOutgoing: number;
  /** Those that were sent and are lost. It is not known here: 0. */
  readonly lostOutgoing: number;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly cameMs: number;
}

/**
 * Datagrams of a session, https://www.w3.org/TR/webtransport/#duplex-stream. They may be lost, and come in any order. A datagram larger
 * than `maxDatagramSize` is dropped.
 */
export class WebTransportDatagramDuplexStream {
  /** Datagrams that came, one in each chunk. */
  readonly readable: ReadableStream<Uint8Array>;
  readonly #site: DatagramSite;
  readonly #waiting: Waiting[] = [];
  readonly #counts = { droppedIncoming: 0, expiredIncoming: 0, expiredOutgoing: 0 };
  readonly #writables = new Set<WritableStreamDefaultController>();
  #incomingMaxAge: number | null = null;
  #outgoingMaxAge: number | null = null;
  #incomingHighWaterMark = INCOMING_MARK;
  #outgoingHighWaterMark = OUTGOING_MARK;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #isWanted = false;
  #writable: WritableStream<BufferSource> | undefined = undefined;
  #isOver = false;

  /** @internal */
  constructor(site: DatagramSite, tell: (handlers: DatagramHandlers) => void) {
    this.#site = site;
    this.readable = new QuietReadable<Uint8Array>(
      {
        start: (controller: ReadableStreamDefaultController<Uint8Array>) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#isWanted = true;
          this.#deliver();
        },
        cancel: () => {
          this.#isOver = true;
          this.#waiting.length = 0;
        },
      },
      { highWaterMark: 0 },
    );
    tell({ onReadable: () => this.#onReadable(), onEnd: (error) => this.#onEnd(error) });
  }

  /** Bytes of the largest datagram that fits now. */
  get maxDatagramSize(): number {
    return this.#site.maxBytes;
  }

  /** Milliseconds for which a datagram waits to be read; null for no limit. Throws a RangeError below 0. */
  get incomingMaxAge(): number | null {
    return this.#incomingMaxAge;
  }

  set incomingMaxAge(ageMs: number | null) {
    this.#incomingMaxAge = ageFrom(ageMs);
  }

  /** Milliseconds for which a datagram waits to be sent; null for no limit. Throws a RangeError below 0. */
  get outgoingMaxAge(): number | null {
    return this.#outgoingMaxAge;
  }

  set outgoingMaxAge(ageMs: number | null) {
    this.#outgoingMaxAge = ageFrom(ageMs);
  }

  /** Datagrams that wait to be read at most, of which the oldest is dropped; at least 1. Throws a RangeError below 0. */
  get incomingHighWaterMark(): number {
    return this.#incomingHighWaterMark;
  }

  set incomingHighWaterMark(mark: number) {
    this.#incomingHighWaterMark = Math.max(markFrom(mark), 1);
  }

  /** Datagrams that wait in front of a writable made afterwards; at least 1. Throws a RangeError below 0. */
  get outgoingHighWaterMark(): number {
    return this.#outgoingHighWaterMark;
  }

  set outgoingHighWaterMark(mark: number) {
    this.#outgoingHighWaterMark = Math.max(markFrom(mark), 1);
  }

  /** The writable of drafts before `createWritable`. */
  get writable(): WritableStream<BufferSource> {
    this.#writable ??= this.createWritable();
    return this.#writable;
  }

  /** A writable whose chunks are sent as datagrams. Groups and orders, which are of streams here, do not change when they leave. */
  createWritable(): WritableStream<BufferSource> {
    let own: WritableStreamDefaultController;
    return new QuietWritable<BufferSource>(
      {
        start: (controller: WritableStreamDefaultController) => {
          own = controller;
          const { failure } = this.#site;
          if (failure !== undefined) controller.error(failure);
          else this.#writables.add(controller);
        },
        write: (chunk: BufferSource) => this.#send(bytesOf(chunk)),
        close: () => void this.#writables.delete(own),
        abort: () => void this.#writables.delete(own),
      },
      { highWaterMark: this.#outgoingHighWaterMark },
    );
  }

  /** @internal */
  get counts(): WebTransportDatagramStats {
    return { ...this.#counts, lostOutgoing: 0 };
  }

  /** Resolves when the datagram was taken, or dropped because it is too large or too old. */
  async #send(bytes: Uint8Array): Promise<void> {
    const site = this.#site;
    const beganMs = performance.now();
    while (site.failure === undefined && bytes.length <= site.maxBytes) {
      if (site.send(bytes)) return;
      if (performance.now() - beganMs > (this.#outgoingMaxAge ?? Infinity)) {
        this.#counts.expiredOutgoing++;
        return;
      }
      // As many wait as the transport keeps: there is room once some have left.
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  #onReadable(): void {
    const cameMs = performance.now();
    for (let bytes = this.#site.receive(); bytes !== undefined; bytes = this.#site.receive()) {
      if (this.#isOver) continue;
      this.#waiting.push({ bytes, cameMs });
      if (this.#waiting.length <= this.#incomingHighWaterMark) continue;
      this.#waiting.shift();
      this.#counts.droppedIncoming++;
    }
    this.#deliver();
  }

  #deliver(): void {
    if (!this.#isWanted || this.#isOver) return;
    const eldestMs = performance.now() - (this.#incomingMaxAge ?? Infinity);
    while (this.#waiting.length > 0 && this.#waiting[0]!.cameMs < eldestMs) {
      this.#waiting.shift();
      this.#counts.expiredIncoming++;
    }
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#isWanted = false;
    this.#controller.enqueue(next.bytes);
  }

  /** The session has ended: with an error, or without. */
  #onEnd(error: unknown): void {
    for (const controller of this.#writables) controller.error(error ?? this.#site.failure);
    this.#writables.clear();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#waiting.length = 0;
    if (error === undefined) this.#controller.close();
    else this.#controller.error(error);
  }
}

/** What happens to the datagrams of a session. */
export interface DatagramHandlers {
  onReadable(): void;
  onEnd(error: unknown): void;
}

/** Web IDL `unrestricted double?`; what is 0 means no limit of an age. */
function ageFrom(ageMs: number | null): number | null {
  if (ageMs === null) return null;
  const age = numberFrom(ageMs);
  if (Number.isNaN(age) || age < 0)
    throw new RangeError('an age is a number of milliseconds from 0 on, or null');
  return age === 0 ? null : age;
}

function markFrom(mark: number): number {
  const number = numberFrom(mark);
  if (Number.isNaN(number) || number < 0) throw new RangeError('a high-water mark is a number from 0 on');
  return number;
}

/** Datagrams that wait to be read, unless the program decides. */
const INCOMING_MARK = 64;
const OUTGOING_MARK = 1;
/** Milliseconds until a datagram is tried again for which there was no room. */
const RETRY_MS = 1;
