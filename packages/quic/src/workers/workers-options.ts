import type { WorkerOptions } from 'node:worker_threads';
import { checkOptionNames, type SealingKeys } from '@tsquic/quic-core';
import type { QuicLbServerConfig } from '@tsquic/quic-core/load-balancing';
import {
  ANYTHING,
  BYTES,
  checkKinds,
  either,
  FUNCTION,
  integer,
  type Kinds,
  listOf,
  objectWith,
  oneOf,
  STRING,
} from '../option-kinds.ts';
import type { FinishOptions } from '../options.ts';
import { use } from '../usage.ts';
import { MAX_WORKERS } from './worker-states.ts';

/** Options of `listenInWorkers`. */
export interface WorkersOptions extends SealingKeys {
  /** The module that each worker runs: it calls `listenAsWorker`. `new URL('./server.js', import.meta.url)`. */
  readonly module: URL;
  /** How many threads serve, 1 to 254. Default: `os.availableParallelism()`. */
  readonly workers?: number;
  /** As of `listen`. */
  readonly host?: string | readonly string[];
  /** As of `listen`. Default 0: the system's choice, see `WorkersListener.address`. */
  readonly port?: number;
  /** Passed to the module, as `currentWorker().data`: anything that can be cloned. */
  readonly data?: unknown;
  /** Options of the threads: `execArgv`, `env`, `resourceLimits` … */
  readonly workerOptions?: WorkerOptions;
  /**
   * Who gives datagrams to the workers. With 'system', each worker has sockets of its own, and passes on to the others what
   * belongs to them; it takes Linux, and Node 22.12, 23.1 or newer. With 'thread', the thread that calls `listenInWorkers`
   * has the sockets: it must not be busy otherwise. Default: 'system' where it can be had.
   */
  readonly dispatch?: 'system' | 'thread';
  /**
   * Connection IDs by which load balancers route to this server. The number of a worker takes one byte of the nonce, of
   * which balancers need not know.
   */
  readonly quicLb?: QuicLbServerConfig;
  /**
   * Hears what ended a worker that was not meant to end; another one then takes its place. Default: it becomes a warning of
   * the process (`QuicProgramFault`).
   */
  readonly onWorkerError?: (error: unknown, worker: number) => void;
  /** Aborting it ends the server. */
  readonly signal?: AbortSignal;
}

/** Options of `WorkersListener.restart`. */
export interface RestartOptions extends FinishOptions {
  /** The worker to replace. Default: each, one after the other. */
  readonly worker?: number;
}

/** Throws `ERR_QUIC_INVALID_OPTION` for unknown options, and for values of the wrong kind. */
export function checkWorkersOptions(options: WorkersOptions): void {
  use(() => {
    checkKinds('', options, {});
    checkOptionNames('', options, WORKERS, {}, {});
    checkKinds('', options, WORKERS);
    checkKinds('', { module: options.module ?? null }, { module: WORKERS.module });
  });
}

const WORKERS: Kinds<WorkersOptions> = {
  module: {
    expected: "a URL, as new URL('./server.js', import.meta.url)",
    accepts: (value) => value instanceof URL,
  },
  workers: integer(1, MAX_WORKERS - 1),
  host: either(STRING, listOf(STRING)),
  port: integer(0, 65_535),
  data: ANYTHING,
  workerOptions: objectWith('an object'),
  dispatch: oneOf('system', 'thread'),
  quicLb: objectWith('an object'),
  onWorkerError: FUNCTION,
  signal: objectWith('an AbortSignal', 'addEventListener', 'removeEventListener', 'throwIfAborted'),
  ticketKey: BYTES,
  tokenKey: BYTES,
  resetKey: BYTES,
};
