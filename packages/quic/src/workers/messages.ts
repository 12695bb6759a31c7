import type { MessagePort } from 'node:worker_threads';
import type { LinkEnd } from '@tsquic/event-adapters/worker';
import type { Address, SealingKeys } from '@tsquic/quic-core';
import type { ListenerStatistics } from '../listener.ts';
import type { SteeringPlan } from './steering.ts';

/** All keys of what a server gives away and knows again. */
export type ServerKeys = Required<SealingKeys>;

/** What a worker begins with, in its `workerData`. */
export interface WorkerStart {
  readonly id: number;
  readonly data: unknown;
  readonly control: MessagePort;
  readonly plan: SteeringPlan;
  /** The present keys, and the ones before them, whose tokens and tickets are still good. */
  readonly keys: ServerKeys;
  readonly lastKeys: ServerKeys | undefined;
  /** Where to open sockets, when each worker has its own. */
  readonly bind: { readonly hosts: readonly string[]; readonly port: number } | undefined;
  /** The link to the thread with the sockets, and their address, when workers have none. */
  readonly dispatcher: { readonly end: LinkEnd; readonly local: Address } | undefined;
  /** Links to the other workers that have sockets. */
  readonly links: readonly { readonly worker: number; readonly end: LinkEnd }[];
}

/** Messages to a worker. */
export type ToWorker =
  | { readonly type: 'link'; readonly worker: number; readonly end: LinkEnd }
  | { readonly type: 'unlink'; readonly worker: number }
  | { readonly type: 'keys'; readonly keys: ServerKeys }
  | { readonly type: 'finish'; readonly code: number; readonly reason: string }
  | { readonly type: 'close'; readonly code: number; readonly reason: string }
  | { readonly type: 'statistics'; readonly request: number }
  | { readonly type: 'verdict'; readonly request: number; readonly isFirstUse: boolean };

/** Messages from a worker. */
export type FromWorker =
  | { readonly type: 'listening'; readonly local: Address }
  | { readonly type: 'failed'; readonly code: string | undefined; readonly message: string }
  | { readonly type: 'closed' }
  | { readonly type: 'statistics'; readonly request: number; readonly statistics: WorkerCounts }
  | {
      readonly type: 'use';
      readonly request: number;
      readonly id: Uint8Array;
      readonly expiresAtMs: number;
    };

/** What one worker counts. */
export interface WorkerCounts extends Omit<ListenerStatistics, 'udp'> {
  /** Datagrams of its sockets that belonged to other workers. */
  readonly passedOn: number;
}
