import { SendOrders, type QuicSendGroup } from 'tsquic/http3';
import type { DataStream } from '../session/data-stream.ts';

/** Counters of the streams of a group. */
export interface WebTransportSendGroupStats {
  readonly bytesWritten: number;
  readonly bytesSent: number;
  readonly bytesAcknowledged: number;
}

/** Streams whose orders are compared with each other, https://www.w3.org/TR/webtransport/#sendGroup. `createSendGroup` makes one. */
export class WebTransportSendGroup {
  readonly #stats: () => WebTransportSendGroupStats;

  /** @internal */
  constructor(stats: () => WebTransportSendGroupStats) {
    this.#stats = stats;
  }

  /** Counters of the streams of the group that are open. */
  getStats(): Promise<WebTransportSendGroupStats> {
    return Promise.resolve(this.#stats());
  }
}

/** In which order the streams of a session are sent. */
export class SendOrder {
  private readonly orders = new SendOrders();
  private readonly groups = new WeakMap<WebTransportSendGroup, QuicSendGroup>();
  private readonly members = new Map<DataStream, WebTransportSendGroup>();

  createGroup(): WebTransportSendGroup {
    const group: WebTransportSendGroup = new WebTransportSendGroup(() => this.statsOf(group));
    this.groups.set(group, this.orders.createGroup());
    return group;
  }

  has(group: WebTransportSendGroup): boolean {
    return this.groups.has(group);
  }

  orderOf(stream: DataStream): number | null {
    return this.orders.orderOf(stream);
  }

  groupOf(stream: DataStream): WebTransportSendGroup | null {
    return this.members.get(stream) ?? null;
  }

  set(stream: DataStream, order: number | null, group: WebTransportSendGroup | null): void {
    if (group === null) this.members.delete(stream);
    else this.members.set(stream, group);
    this.orders.set(stream, order, group === null ? null : this.groups.get(group)!);
  }

  /** The stream is sent no more. */
  remove(stream: DataStream): void {
    this.members.delete(stream);
    this.orders.remove(stream);
  }

  private statsOf(group: WebTransportSendGroup): WebTransportSendGroupStats {
    const streams = [...this.members].filter(([, one]) => one === group).map(([stream]) => stream);
    const sum = (of: (stream: DataStream) => number): number =>
      streams.reduce((total, stream) => total + of(stream), 0);
    return {
      bytesWritten: sum(({ writtenBytes }) => writtenBytes),
      bytesSent: sum(({ sentBytes }) => sentBytes),
      bytesAcknowledged: sum(({ acknowledgedBytes }) => acknowledgedBytes),
    };
  }
}
