import { type MessagePort, MessageChannel } from 'node:worker_threads';
import { createLinkEnds, type LinkEnd } from '@tsquic/event-adapters/worker';
import type { Address, SealingKeys } from '@tsquic/quic-core';
import { unlessAborted, whenAborted } from '../abort.ts';
import { Deferred } from '../deferred.ts';
import { QuicError } from '../errors.ts';
import { checkClose, checkFinish } from '../option-checks.ts';
import type { CloseOptions, FinishOptions } from '../options.ts';
import { reportFault, tellProgram } from '../program-fault.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { KeyRing } from './key-ring.ts';
import type { WorkerCounts, WorkerStart } from './messages.ts';
import { Pauses } from './pauses.ts';
import type { Steering, SteeringPlan } from './steering.ts';
import type { UsedTickets } from './used-tickets.ts';
import { MAX_WORKERS } from './worker-states.ts';
import { WorkerThread } from './worker-thread.ts';
import type { RestartOptions, WorkersOptions } from './workers-options.ts';

/** One worker in `WorkersStatistics`. */
export interface WorkerStatistics extends WorkerCounts {
  readonly id: number;
  /** A leaving one finishes its connections, and takes no clients. */
  readonly state: 'active' | 'leaving';
}

/** A snapshot of all workers. */
export interface WorkersStatistics extends WorkerCounts {
  readonly workers: readonly WorkerStatistics[];
}

/** The parts of a `WorkersListener`. */
export interface WorkersParts {
  readonly options: WorkersOptions;
  readonly steering: Steering;
  readonly plan: SteeringPlan;
  readonly keys: KeyRing;
  readonly tickets: UsedTickets;
  readonly address: Address;
  /** With the sockets of all workers; undefined when each has its own. */
  readonly dispatcher: Dispatcher | undefined;
}

/** A server in several threads, from `listenInWorkers`. */
export class WorkersListener {
  /** The address that all workers share. */
  readonly address: Address;
  /** Resolves when the server has ended; rejects with the reason of the signal that ended it. */
  readonly closed: Promise<void>;
  private readonly parts: WorkersParts;
  private readonly threads = new Map<number, WorkerThread>();
  private readonly end = new Deferred<void>().optional();
  private readonly keyTimer: NodeJS.Timeout;
  private readonly pauses = new Pauses();
  private releaseSignal: () => void = () => {};
  private nextId = 0;
  private isKept = true;
  private restarting: Promise<void> = Promise.resolve();
  private closing: Promise<void> | undefined = undefined;

  constructor(parts: WorkersParts) {
    this.parts = parts;
    this.address = parts.address;
    this.closed = this.end.promise;
    this.keyTimer = setInterval(() => {
      if (parts.keys.isOwn) this.rotateKeys();
    }, KEY_PERIOD_MS).unref();
  }

  /** Numbers of the workers that take clients. */
  get workers(): readonly number[] {
    return [...this.threads.values()].filter(({ isLeaving }) => !isLeaving).map(({ id }) => id);
  }

  /** Start all workers; rejects with the error of the first that fails. */
  async start(count: number): Promise<void> {
    try {
      await Promise.all(Array.from({ length: count }, () => this.add()));
    } catch (error) {
      await this.shut({}, undefined);
      throw error;
    }
    const { signal } = this.parts.options;
    this.releaseSignal = whenAborted(signal, (reason) => void this.shut({}, { reason }));
  }

  /** Current counts of all workers. */
  async statistics(): Promise<WorkersStatistics> {
    const asked = [...this.threads.values()].map(async ({ id, isLeaving }) => {
      const counts = await this.threads.get(id)!.statistics();
      return counts === undefined
        ? []
        : [{ id, state: isLeaving ? 'leaving' : 'active', ...counts } as const];
    });
    const workers = (await Promise.all(asked)).flat();
    const sum = (name: keyof WorkerCounts): number =>
      workers.reduce((total, worker) => total + worker[name], 0);
    return {
      workers,
      connections: sum('connections'),
      handshaking: sum('handshaking'),
      waiting: sum('waiting'),
      handling: sum('handling'),
      accepted: sum('accepted'),
      failed: sum('failed'),
      passedOn: sum('passedOn'),
    };
  }

  /**
   * Put a new worker in the place of one, or of each in turn: the new one takes clients first, then the old one finishes
   * its connections, as by `QuicListener.finish`, and ends. Connections of the others are unaffected, and no client is
   * refused meanwhile. Aborting the signal closes what is not finished. Rejects with the error of a worker that cannot
   * start; the old one then goes on. Several calls run one after the other.
   */
  async restart(options: RestartOptions = {}): Promise<void> {
    const { worker, ...finish } = options;
    checkFinish(finish);
    if (worker !== undefined && !this.workers.includes(worker))
      throw new QuicError('ERR_QUIC_INVALID_OPTION', `there is no worker ${worker} that takes clients`);
    const replaced = this.restarting.then(async () => {
      for (const id of worker === undefined ? this.workers : [worker]) await this.replace(id, finish);
    });
    this.restarting = replaced.catch(() => {});
    await replaced;
  }

  /**
   * Seal with other keys from now on, in all workers, as `QuicListener.rotateKeys`. Without this call and without keys in
   * the options, the keys of tickets and tokens change every day.
   */
  rotateKeys(keys: SealingKeys = {}): void {
    const next = this.parts.keys.rotate(keys);
    for (const thread of this.threads.values()) thread.tell({ type: 'keys', keys: next });
  }

  /** Close every connection as `QuicConnection.close` does, and end all workers. */
  async close(options: CloseOptions = {}): Promise<void> {
    checkClose(options);
    await this.shut(options, undefined);
  }

  /** Refuse new clients, finish all connections as `QuicListener.finish` does, and end all workers. */
  async finish(options: FinishOptions = {}): Promise<void> {
    checkFinish(options);
    const { code = 0, reason = '', signal } = options;
    // A worker that has just failed gets no successor, which would take new clients.
    this.pauses.end();
    const threads = [...this.threads.values()];
    for (const thread of threads) this.leave(thread, { type: 'finish', code, reason });
    const finished = Promise.all(threads.map(({ ended }) => ended));
    await unlessAborted(Promise.race([finished, this.closed]), signal).catch(() => {});
    await this.shut(options, undefined);
  }

  /** Keep the program running while this server is open, which is the default. */
  ref(): this {
    return this.keepAlive(true);
  }

  /** Let the program end while this server is open. */
  unref(): this {
    return this.keepAlive(false);
  }

  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private keepAlive(isKept: boolean): this {
    this.isKept = isKept;
    for (const thread of this.threads.values()) thread.keepAlive(isKept);
    this.pauses.keepAlive(isKept);
    if (isKept) this.parts.dispatcher?.ref();
    else this.parts.dispatcher?.unref();
    return this;
  }

  /** Start a worker, and wait until it takes clients. */
  private async add(): Promise<WorkerThread> {
    const { options, keys, plan, tickets } = this.parts;
    const id = this.freeId();
    const { links, bind, dispatcher, transfer } = this.connect(id);
    const thread = new WorkerThread({
      module: options.module,
      workerOptions: options.workerOptions,
      start: {
        id,
        data: options.data,
        plan,
        keys: keys.current,
        lastKeys: keys.last,
        links,
        bind,
        dispatcher,
      },
      transfer,
      isFirstUse: (ticket, expiresAtMs) => tickets.use(ticket, expiresAtMs),
    });
    this.threads.set(id, thread);
    if (!this.isKept) thread.keepAlive(false);
    void thread.ended.then((error) => this.onEnded(thread, error));
    await thread.listening;
    return thread;
  }

  private freeId(): number {
    for (let tries = 0; tries < MAX_WORKERS; tries++) {
      const id = this.nextId++ % MAX_WORKERS;
      if (!this.threads.has(id)) return id;
    }
    throw new QuicError('ERR_QUIC_INVALID_OPTION', `there are ${MAX_WORKERS} workers already`);
  }

  /** The links of a new worker: to each of the others, or to the thread with the sockets. */
  private connect(id: number): Pick<WorkerStart, 'links' | 'bind' | 'dispatcher'> & {
    readonly transfer: readonly MessagePort[];
  } {
    const { dispatcher, options, address: local } = this.parts;
    if (dispatcher !== undefined) {
      const [here, end] = createLinkEnds(new MessageChannel(), DISPATCH_RING_BYTES);
      dispatcher.add(id, here);
      return { links: [], bind: undefined, dispatcher: { end, local }, transfer: [end.port] };
    }
    const links: { worker: number; end: LinkEnd }[] = [];
    for (const other of this.threads.values()) {
      const [there, end] = createLinkEnds(new MessageChannel(), PEER_RING_BYTES);
      other.tell({ type: 'link', worker: id, end: there }, [there.port]);
      links.push({ worker: other.id, end });
    }
    const bind = { hosts: hostsOf(options), port: local.port };
    return { links, bind, dispatcher: undefined, transfer: links.map(({ end }) => end.port) };
  }

  private async replace(id: number, { code = 0, reason = '', signal }: FinishOptions): Promise<void> {
    const old = this.threads.get(id);
    if (old === undefined || old.isLeaving || this.closing !== undefined) return;
    await this.add();
    old.isLeaving = true;
    this.parts.steering.states.set(id, 'leaving');
    const release = whenAborted(signal, () => this.leave(old, { type: 'close', code, reason }));
    await this.handshakesEnd(old);
    this.leave(old, { type: 'finish', code, reason });
    await old.ended;
    release();
  }

  /**
   * Wait until clients that began with this worker have connected: those whose first packets, or whose answers to a
   * Retry, are still on their way included.
   */
  private async handshakesEnd(thread: WorkerThread): Promise<void> {
    const untilMs = Date.now() + MAX_HANDSHAKE_MS;
    const quietAtMs = Date.now() + FIRST_FLIGHT_MS;
    for (;;) {
      const counts = await thread.statistics();
      const isQuiet = counts?.handshaking === 0 && Date.now() >= quietAtMs;
      if (counts === undefined || isQuiet || Date.now() > untilMs || this.closing !== undefined) return;
      await Promise.race([new Promise((resolve) => setTimeout(resolve, LOOK_MS)), thread.ended]);
    }
  }

  private leave(
    thread: WorkerThread,
    message: { type: 'finish' | 'close'; code: number; reason: string },
  ): void {
    thread.isLeaving = true;
    this.parts.steering.states.set(thread.id, 'leaving');
    thread.tell(message);
  }

  private onEnded(thread: WorkerThread, error: unknown): void {
    const { dispatcher, options, steering } = this.parts;
    // From now on, others answer the packets of its connections: with resets, so that clients need not wait.
    steering.states.set(thread.id, 'absent');
    this.threads.delete(thread.id);
    dispatcher?.remove(thread.id);
    for (const other of this.threads.values()) other.tell({ type: 'unlink', worker: thread.id });
    if (thread.isLeaving || this.closing !== undefined) return;
    const reason = error ?? new Error('it ended by itself');
    void thread.listening.then(
      () => {
        if (options.onWorkerError === undefined) reportFault(`worker ${thread.id}`, reason);
        else tellProgram('the callback onWorkerError', options.onWorkerError, reason, thread.id);
        this.addAgain();
      },
      () => {},
    );
  }

  /** Another worker for one that has failed; a module that always fails is started once a second. */
  private addAgain(): void {
    this.pauses.add(AGAIN_MS, () => {
      if (this.closing !== undefined) return;
      this.add().catch((error: unknown) => {
        if (this.closing !== undefined) return;
        reportFault('starting a worker', error);
        this.addAgain();
      });
    });
  }

  private shut(options: CloseOptions, failure: { readonly reason: unknown } | undefined): Promise<void> {
    this.closing ??= this.endAll(options, failure);
    return this.closing;
  }

  private async endAll(
    { code = 0, reason = '' }: CloseOptions,
    failure: { reason: unknown } | undefined,
  ): Promise<void> {
    clearInterval(this.keyTimer);
    this.pauses.end();
    this.releaseSignal();
    const threads = [...this.threads.values()];
    for (const thread of threads) this.leave(thread, { type: 'close', code, reason });
    const late = setTimeout(() => {
      for (const thread of threads) void thread.terminate();
    }, CLOSE_MS).unref();
    await Promise.all(threads.map(({ ended }) => ended));
    clearTimeout(late);
    this.parts.dispatcher?.close();
    if (failure === undefined) this.end.resolve();
    else this.end.reject(failure.reason);
  }
}

/** The addresses to bind: see `ListenOptions.host`. */
export function hostsOf({ host }: WorkersOptions): readonly string[] {
  return host === undefined ? ['::'] : typeof host === 'string' ? [host] : host;
}

const KEY_PERIOD_MS = 24 * 3600 * 1000;
/** Some seven hundred full datagrams in each direction: about a socket's buffer. */
const DISPATCH_RING_BYTES = 1 << 20;
/** Only clients that have changed their address come this way. */
const PEER_RING_BYTES = 1 << 17;
/** What a client takes to send its first flight again, or to answer a Retry: three times the first timeout of RFC 9002 §6.2.2. */
const FIRST_FLIGHT_MS = 3000;
/** As long as a handshake may take by default, and a little more. */
const MAX_HANDSHAKE_MS = 11_000;
const LOOK_MS = 50;
const AGAIN_MS = 1000;
/** A worker that does not end within this time is stuck. */
const CLOSE_MS = 10_000;
