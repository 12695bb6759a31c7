import { decodeFrames, type Tracer } from '@tsquic/quic-core';

/** How often a client has sent each type of frame. */
export type FrameCounts = Readonly<Record<string, number>>;

/** Counts frames of clients, so that what a browser never sent is not taken for what the server has missed. */
export class SeenFrames {
  private readonly logIds = new Map<number, string>();
  private readonly counted = new Map<string, Record<string, number>>();

  /** Counts what comes on a connection from now on; the counts go on while somebody looks at them. */
  count(logId: string): FrameCounts {
    const counts = this.counted.get(logId) ?? {};
    this.counted.set(logId, counts);
    return counts;
  }

  /** A tracer that counts, and tells another one all that it hears. */
  tracer(other: Tracer = {}): Tracer {
    return {
      ...other,
      onConnectionStarted: (...started) => {
        const [connection, , logId] = started;
        this.logIds.set(connection, logId);
        other.onConnectionStarted?.(...started);
      },
      onPacketReceived: (...received) => {
        const [connection, , , , buffer, payloadAt, payloadEnd] = received;
        const counts = this.counted.get(this.logIds.get(connection) ?? '');
        if (counts !== undefined)
          for (const { type } of decodeFrames(buffer, payloadAt, payloadEnd))
            counts[type] = (counts[type] ?? 0) + 1;
        other.onPacketReceived?.(...received);
      },
      onConnectionForgotten: (...forgotten) => {
        const [connection] = forgotten;
        this.counted.delete(this.logIds.get(connection) ?? '');
        this.logIds.delete(connection);
        other.onConnectionForgotten?.(...forgotten);
      },
    };
  }
}
