import { type MessagePort, workerData } from 'node:worker_threads';
import { createNodeProvider } from '@tsquic/crypto/node';
import type { DatagramPort } from '@tsquic/event-adapters';
import { DatagramLink, type LinkEnd } from '@tsquic/event-adapters/worker';
import { QuicError } from '../errors.ts';
import { listen } from '../listen.ts';
import type { ConnectionHandler, QuicListener } from '../listener.ts';
import type { ListenOptions } from '../options.ts';
import { use } from '../usage.ts';
import { LinkedPort } from './linked-port.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';
import { ReplayClient } from './replay-client.ts';
import { ShardPort } from './shard-port.ts';
import { openShared } from './shared-sockets.ts';
import { Steering } from './steering.ts';

/** Options of `listenAsWorker`: those of `listen` without what all workers have in common. */
export type WorkerListenOptions = Omit<
  ListenOptions,
  'host' | 'port' | 'socket' | 'clock' | 'context' | 'connectionIds' | 'preferredAddress'
>;

/** This worker, as its module sees it. */
export interface CurrentWorker {
  /** Its number: 0 to 254. A worker that takes another's place has another number. */
  readonly id: number;
  /** `WorkersOptions.data`. */
  readonly data: unknown;
}

/** The worker that this thread is; undefined in a thread that `listenInWorkers` has not started. */
export function currentWorker(): CurrentWorker | undefined {
  const start = workerStart();
  return start === undefined ? undefined : { id: start.id, data: start.data };
}

/**
 * To be called once by the module of a worker: serve the clients of this worker, as `listen` does. Address, connection
 * IDs and keys are those of `listenInWorkers`, which also ends the listener.
 *
 * Rejects with `ERR_QUIC_INVALID_OPTION` for invalid options and outside of a worker, and with the system's error when
 * the address cannot be bound; `listenInWorkers` then rejects likewise.
 */
export async function listenAsWorker(
  options: WorkerListenOptions,
  handler?: ConnectionHandler,
): Promise<QuicListener> {
  const start = workerStart();
  if (start === undefined || hasListened)
    throw new QuicError(
      'ERR_QUIC_INVALID_OPTION',
      start === undefined
        ? 'listenAsWorker is for modules that listenInWorkers has started; elsewhere it is listen'
        : 'listenAsWorker was called before: a worker has one listener',
    );
  hasListened = true;
  try {
    return await new WorkerSide(start).listen(options, handler);
  } catch (error) {
    // Classes and codes of errors do not survive the way to another thread.
    const { code, message } = error as NodeJS.ErrnoException;
    post(start.control, { type: 'failed', code, message });
    throw error;
  }
}

let hasListened = false;

function workerStart(): WorkerStart | undefined {
  const data = workerData as { readonly tsquicWorker?: WorkerStart } | null | undefined;
  return data?.tsquicWorker;
}

/** The worker's end of its conversation with `listenInWorkers`. */
class WorkerSide {
  private readonly start: WorkerStart;
  private readonly replays: ReplayClient;
  private port: DatagramPort | undefined = undefined;
  private listener: QuicListener | undefined = undefined;
  private readonly early: ToWorker[] = [];

  constructor(start: WorkerStart) {
    this.start = start;
    this.replays = new ReplayClient((message) => this.tell(message));
  }

  async listen(options: WorkerListenOptions, handler: ConnectionHandler | undefined): Promise<QuicListener> {
    const { start } = this;
    const { id, plan, keys, lastKeys, control } = start;
    refuseShared(options);
    control.on('message', (message: ToWorker) => this.onMessage(message));
    const steering = use(() => new Steering(options.crypto ?? createNodeProvider(), plan));
    const port = await this.openPort(steering);
    const { earlyData } = options;
    try {
      this.listener = await listen(
        {
          ...options,
          socket: port,
          connectionIds: steering.ids.generatorOf(id),
          ...(earlyData === undefined || earlyData === false
            ? {}
            : { earlyData: { replayStore: this.replays, ...(earlyData === true ? {} : earlyData) } }),
          core: { ...options.core, ...(lastKeys ?? keys) },
        },
        handler,
      );
    } catch (error) {
      port.close();
      throw error;
    }
    if (lastKeys !== undefined) this.listener.rotateKeys(keys);
    steering.states.set(id, 'active');
    this.tell({ type: 'listening', local: port.local });
    const { listener } = this;
    const ended = (): void => this.tell({ type: 'closed' });
    listener.closed.then(ended, ended);
    for (const message of this.early) this.onMessage(message);
    return listener;
  }

  private async openPort(steering: Steering): Promise<DatagramPort> {
    const { id, bind, dispatcher, links } = this.start;
    if (dispatcher !== undefined)
      this.port = new LinkedPort(new DatagramLink(dispatcher.end), dispatcher.local);
    else {
      const shard = new ShardPort({ port: await openShared(bind!.hosts, bind!.port), steering, worker: id });
      this.port = shard;
      for (const { worker, end } of links) shard.addLink(worker, new DatagramLink(end));
    }
    return this.port;
  }

  private onMessage(message: ToWorker): void {
    const { listener, port } = this;
    if (message.type === 'verdict') return this.replays.onVerdict(message.request, message.isFirstUse);
    if (listener === undefined) return void this.early.push(message);
    if (message.type === 'keys') listener.rotateKeys(message.keys);
    else if (message.type === 'link') link(port!, message.worker, message.end);
    else if (message.type === 'unlink') {
      if (port instanceof ShardPort) port.removeLink(message.worker);
    } else if (message.type === 'statistics') {
      const passedOn = port instanceof ShardPort ? port.passedOnCount : 0;
      const { request } = message;
      this.tell({ type: 'statistics', request, statistics: { ...listener.statistics(), passedOn } });
    } else void this.leave(listener, message);
  }

  private async leave(
    listener: QuicListener,
    { type, code, reason }: Extract<ToWorker, { type: 'finish' | 'close' }>,
  ): Promise<void> {
    if (type === 'finish') await listener.finish({ code, reason });
    else await listener.close({ code, reason });
  }

  private tell(message: FromWorker): void {
    post(this.start.control, message);
  }
}

function link(port: DatagramPort, worker: number, end: LinkEnd): void {
  const made = new DatagramLink(end);
  if (port instanceof ShardPort) port.addLink(worker, made);
  else made.close();
}

function post(control: MessagePort, message: FromWorker): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  control.postMessage(message);
}

/** Throws for options that are those of the whole server: a program in JavaScript has no compiler that tells. */
function refuseShared(options: WorkerListenOptions): void {
  for (const name of ['host', 'port', 'socket', 'clock', 'context', 'connectionIds', 'preferredAddress'])
    if ((options as Readonly<Record<string, unknown>> | undefined)?.[name] !== undefined)
      throw new QuicError(
        'ERR_QUIC_INVALID_OPTION',
        `there is no option ${name} here: all workers share it, see the options of listenInWorkers`,
      );
  const { core } = options;
  for (const name of ['connectionIds', 'connectionIdLength', 'resetKey', 'tokenKey', 'ticketKey'] as const)
    if (core?.[name] !== undefined)
      throw new QuicError('ERR_QUIC_INVALID_OPTION', `core.${name} is that of all workers: leave it out`);
}
