import {
  MessageChannel,
  type MessagePort,
  type Transferable,
  Worker,
  type WorkerOptions,
} from 'node:worker_threads';
import type { Address } from '@tsquic/quic-core';
import { Deferred } from '../deferred.ts';
import { QuicError } from '../errors.ts';
import type { FromWorker, ToWorker, WorkerCounts, WorkerStart } from './messages.ts';

/** Options of a `WorkerThread`. */
export interface WorkerThreadOptions {
  readonly module: URL;
  readonly start: Omit<WorkerStart, 'control'>;
  /** What `start` contains that is transferred. */
  readonly transfer: readonly MessagePort[];
  readonly workerOptions: WorkerOptions | undefined;
  /** Answers whether a ticket is used for the first time. */
  readonly isFirstUse: (id: Uint8Array, expiresAtMs: number) => boolean;
}

/** One worker, as the thread sees it that started it. */
export class WorkerThread {
  readonly id: number;
  /** Whether its end is wanted. */
  isLeaving = false;
  /** Resolves with the address when it listens; rejects when it cannot. */
  readonly listening: Promise<Address>;
  /** Resolves when the thread has ended, with the error that ended it, if one did. */
  readonly ended: Promise<unknown>;
  private readonly begun = new Deferred<Address>().optional();
  private readonly control: MessagePort;
  private readonly worker: Worker;
  private readonly isFirstUse: WorkerThreadOptions['isFirstUse'];
  private readonly requests = new Map<number, Deferred<WorkerCounts | undefined>>();
  private requestCount = 0;
  private failure: unknown = undefined;

  constructor({ module, start, transfer, workerOptions, isFirstUse }: WorkerThreadOptions) {
    const { port1, port2 } = new MessageChannel();
    this.id = start.id;
    this.control = port1;
    this.isFirstUse = isFirstUse;
    this.listening = this.begun.promise;
    const tsquicWorker: WorkerStart = { ...start, control: port2 };
    this.worker = new Worker(module, {
      ...workerOptions,
      workerData: { tsquicWorker },
      transferList: [port2, ...transfer],
    });
    port1.on('message', (message: FromWorker) => this.onMessage(message));
    this.worker.on('error', (error) => (this.failure = error));
    this.ended = new Promise((resolve) => {
      this.worker.on('exit', (code) => resolve(this.onExit(code)));
    });
  }

  tell(message: ToWorker, transfer: readonly Transferable[] = []): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.control.postMessage(message, transfer);
  }

  /** What it counts now; undefined when it has ended. */
  statistics(): Promise<WorkerCounts | undefined> {
    const request = this.requestCount++;
    const answer = new Deferred<WorkerCounts | undefined>();
    this.requests.set(request, answer);
    this.tell({ type: 'statistics', request });
    return Promise.race([answer.promise, this.ended.then(() => undefined)]);
  }

  /** End the thread at once. */
  async terminate(): Promise<void> {
    this.isLeaving = true;
    await this.worker.terminate();
  }

  /** Whether the thread keeps the program running. */
  keepAlive(isKept: boolean): void {
    if (isKept) this.worker.ref();
    else this.worker.unref();
    if (isKept) this.control.ref();
    else this.control.unref();
  }

  private onMessage(message: FromWorker): void {
    if (message.type === 'listening') this.begun.resolve(message.local);
    else if (message.type === 'failed') this.begun.reject(errorOf(message));
    else if (message.type === 'use') {
      const { request, id, expiresAtMs } = message;
      this.tell({ type: 'verdict', request, isFirstUse: this.isFirstUse(id, expiresAtMs) });
    } else if (message.type === 'statistics') {
      this.requests.get(message.request)?.resolve(message.statistics);
      this.requests.delete(message.request);
    } else {
      // Its listener has closed: what else the module does must not keep the thread.
      if (!this.isLeaving)
        this.failure ??= new QuicError('ERR_QUIC_CLOSED', 'the module closed its listener');
      void this.worker.terminate();
    }
  }

  private onExit(code: number): unknown {
    this.control.close();
    const early = new QuicError(
      'ERR_QUIC_INVALID_OPTION',
      `the module of the workers ended with ${code} without listening: it must call listenAsWorker`,
    );
    this.begun.reject(this.failure ?? early);
    return (
      this.failure ?? (code === 0 || this.isLeaving ? undefined : new Error(`the worker ended with ${code}`))
    );
  }
}

function errorOf({ code, message }: { readonly code: string | undefined; readonly message: string }): Error {
  if (code?.startsWith('ERR_QUIC_') === true) return new QuicError(code, message);
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}
