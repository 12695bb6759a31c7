/** Calls that let the system count in an `eventfd` when a descriptor can be read (Linux). A negative result is an error. */
export interface BellCalls {
  eventfd(count: number, flags: number): number;
  io_setup(count: number, context: bigint): number;
  io_submit(context: bigint, count: number, list: bigint): number;
  /** Does not wait; returns how many requests are complete. */
  io_getevents(context: bigint, count: number, events: bigint): number;
}

/** What a `PollBell` needs of the program. */
export interface BellSystem {
  readonly calls: BellCalls;
  /** The address of the first byte. Whoever uses it keeps the bytes. */
  addressOf(bytes: Uint8Array): bigint;
}

/**
 * Makes an `eventfd` readable when another descriptor is: for event loops that read descriptors, but tell nobody that one could be
 * read. The system does so by an asynchronous request (`IOCB_CMD_POLL`), which is good for one time.
 */
export class PollBell {
  /** Becomes readable. Whoever waits for it reads it. */
  readonly fd: number;
  private readonly system: BellSystem;
  private readonly context: bigint;
  /** Memory of the request, which the system reads, and of what it says when one is complete. */
  private readonly memory: Uint8Array = new Uint8Array(new ArrayBuffer(MEMORY_BYTES));
  private readonly address: bigint;
  private isArmed = false;

  /** Throws where the system refuses. */
  constructor(system: BellSystem, watched: number) {
    this.system = system;
    const { calls } = system;
    this.address = system.addressOf(this.memory);
    const view = new DataView(this.memory.buffer);
    const hasContext = calls.io_setup(1, this.address + BigInt(CONTEXT_AT)) === 0;
    this.fd = hasContext ? calls.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) : -1;
    if (this.fd < 0) throw new Error('no asynchronous polling');
    this.context = view.getBigUint64(CONTEXT_AT, true);
    view.setUint16(OPERATION, IOCB_CMD_POLL, true);
    view.setUint32(WATCHED, watched, true);
    view.setBigUint64(EVENTS, BigInt(POLLIN), true);
    view.setUint32(FLAGS, IOCB_FLAG_RESFD, true);
    view.setUint32(EVENT_FD, this.fd, true);
    view.setBigUint64(LIST_AT, this.address, true);
  }

  /** Ring once, when the watched descriptor can be read: at once where it can be. Returns whether the system will. */
  arm(): boolean {
    const { calls } = this.system;
    const isDone =
      !this.isArmed || calls.io_getevents(this.context, 1, this.address + BigInt(RESULT_AT)) === 1;
    if (isDone) this.isArmed = calls.io_submit(this.context, 1, this.address + BigInt(LIST_AT)) === 1;
    return this.isArmed;
  }
}

const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;
const IOCB_CMD_POLL = 5;
const IOCB_FLAG_RESFD = 1;
const POLLIN = 1;
/** Offsets in an `iocb`, which has 64 bytes. */
const OPERATION = 16;
const WATCHED = 20;
const EVENTS = 24;
const FLAGS = 56;
const EVENT_FD = 60;
/** Offsets in the memory: after the request the list that names it, the context, and an `io_event`. */
const LIST_AT = 64;
const CONTEXT_AT = 72;
const RESULT_AT = 80;
const MEMORY_BYTES = 112;
