import type { Observer } from './observer.ts';

/** A value at a time. */
export interface TimelinePoint {
  readonly atUs: number;
  readonly value: number;
}

/** The state of one host's first connection, sampled whenever it sends. */
export interface Timeline extends Observer {
  readonly sentBytes: readonly TimelinePoint[];
  readonly receivedBytes: readonly TimelinePoint[];
  readonly windowBytes: readonly TimelinePoint[];
  readonly inFlightBytes: readonly TimelinePoint[];
}

/** Records the host with the name `hostName`. */
export function createTimeline(hostName: string): Timeline {
  const sentBytes: TimelinePoint[] = [];
  const receivedBytes: TimelinePoint[] = [];
  const windowBytes: TimelinePoint[] = [];
  const inFlightBytes: TimelinePoint[] = [];
  let first = -1;
  return {
    sentBytes,
    receivedBytes,
    windowBytes,
    inFlightBytes,
    onAfterPrepare(host, out, length, atUs) {
      if (host.name !== hostName || length === 0 || out.connection < 0) return;
      if (first < 0) first = out.connection;
      const connection = host.context.connection(out.connection);
      if (out.connection !== first || connection === undefined || connection.closeReason !== undefined)
        return;
      const statistics = connection.statistics();
      sentBytes.push({ atUs, value: statistics.bytesSent });
      receivedBytes.push({ atUs, value: statistics.bytesReceived });
      windowBytes.push({ atUs, value: statistics.congestionWindowBytes });
      inFlightBytes.push({ atUs, value: statistics.bytesInFlight });
    },
  };
}
