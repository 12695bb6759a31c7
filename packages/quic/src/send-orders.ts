import { type QuicStream, showAs } from '@tsquic/quic-core';
import { QuicError } from './errors.ts';

/**
 * Streams of one connection whose `sendOrder` is compared with that of no other stream: a `WebTransportSendGroup`.
 * `QuicConnection.createSendGroup` makes one.
 */
export class QuicSendGroup {
  static {
    showAs(QuicSendGroup.prototype, 'QuicSendGroup', () => ({}));
  }
}

/** What is sent by a priority. */
type StreamHandle = Pick<QuicStream, 'priority' | 'setPriority'>;

interface Place {
  order: number | null;
  group: QuicSendGroup | null;
  /** The priority that the stream had, and gets back. */
  readonly before: number;
}

/** The priority of the highest order, which is that of streams without one. */
const FIRST_PRIORITY = 8;
/** The lowest priority whose streams take turns. */
const LAST_PRIORITY = 254;

/**
 * The streams of a connection that are sent in the order that the program gives. The core knows 256 priorities: the orders
 * of each group are counted from the highest one, and equal counts have equal priorities, which take turns.
 */
export class SendOrders {
  /** Both are made when they are first used, because few programs order their streams. */
  private places: Map<StreamHandle, Place> | undefined = undefined;
  private groups: WeakSet<QuicSendGroup> | undefined = undefined;

  createGroup(): QuicSendGroup {
    const group = new QuicSendGroup();
    this.groups ??= new WeakSet();
    this.groups.add(group);
    return group;
  }

  orderOf(stream: StreamHandle): number | null {
    return this.places?.get(stream)?.order ?? null;
  }

  groupOf(stream: StreamHandle): QuicSendGroup | null {
    return this.places?.get(stream)?.group ?? null;
  }

  /** Throws `ERR_QUIC_INVALID_OPTION` for what is no integer, and a group of another connection. */
  set(stream: StreamHandle, order: number | null, group: QuicSendGroup | null): void {
    if (order !== null && !Number.isSafeInteger(order))
      throw new QuicError('ERR_QUIC_INVALID_OPTION', 'sendOrder must be an integer, or null');
    if (group !== null && this.groups?.has(group) !== true)
      throw new QuicError('ERR_QUIC_INVALID_OPTION', 'sendGroup must be a group of this connection, or null');
    const places = (this.places ??= new Map<StreamHandle, Place>());
    const place = places.get(stream);
    const before = place?.before ?? stream.priority;
    if (order === null && this.orderOf(stream) !== null) stream.setPriority(before);
    if (order === null && group === null) places.delete(stream);
    else places.set(stream, { order, group, before });
    arrange(places);
  }

  /** The stream has ended, or has a priority of its own. */
  remove(stream: StreamHandle): void {
    if (this.places?.delete(stream) === true) arrange(this.places);
  }
}

/** Give the streams the priorities of their orders. */
function arrange(places: ReadonlyMap<StreamHandle, Place>): void {
  const orders = new Map<QuicSendGroup | null, number[]>();
  for (const { order, group } of places.values()) {
    if (order === null) continue;
    const known = orders.get(group);
    if (known === undefined) orders.set(group, [order]);
    else if (!known.includes(order)) known.push(order);
  }
  for (const list of orders.values()) list.sort((a, b) => b - a);
  for (const [stream, { order, group }] of places) {
    if (order === null) continue;
    const rank = orders.get(group)!.indexOf(order);
    const priority = Math.min(FIRST_PRIORITY + 2 * rank, LAST_PRIORITY);
    if (stream.priority !== priority) stream.setPriority(priority);
  }
}
