import { type CodelOptions, CodelQueue } from './codel.ts';
import { DualQueue, type DualQueueOptions } from './dual-queue.ts';
import type { Queue } from './queue.ts';
import type { Random } from './random.ts';
import { TailDropQueue } from './tail-drop.ts';

/** Queue management, as data. */
export type QueueKind =
  /** First in, first out; datagrams that do not fit are dropped. */
  | { readonly kind: 'tail-drop' }
  /** Controlled delay, RFC 8289. */
  | ({ readonly kind: 'codel' } & CodelOptions)
  /** RFC 9332: a shallow queue for ECT(1) beside a classic one. */
  | ({ readonly kind: 'dual' } & DualQueueOptions);

/** A queue for at most `limitBytes` and `limitDatagrams`. */
export function createQueue(
  kind: QueueKind,
  limitBytes: number,
  limitDatagrams: number,
  random: Random,
): Queue {
  switch (kind.kind) {
    case 'tail-drop':
      return new TailDropQueue(limitBytes, limitDatagrams);
    case 'codel':
      return new CodelQueue(kind, limitBytes, limitDatagrams);
    case 'dual':
      return new DualQueue(kind, limitBytes, limitDatagrams, random);
  }
}
