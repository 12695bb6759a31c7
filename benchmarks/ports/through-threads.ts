import { SharedRing, startNetworkThread } from '@tsquic/event-adapters/worker';
import type { Address } from '@tsquic/quic-core';
import type { ClientThreadData } from './client-thread.ts';
import { checksumOfPattern, createPattern, startStopwatch, type UploadResult } from './upload.ts';

/** What the threads tell: the server its address and, at the end, what it got; the client its losses. */
export type ThreadReport =
  | { readonly type: 'listening'; readonly local: Address }
  | { readonly type: 'received'; readonly bytes: number; readonly checksum: string }
  | { readonly type: 'closed'; readonly lostPackets: number };

/** An upload whose bytes come from this thread, through a client and a server in a network thread each. */
export async function uploadThroughThreads(bytes: number): Promise<UploadResult> {
  const reports = new Reports();
  const server = await startNetworkThread({
    module: new URL('./server-thread.ts', import.meta.url),
    onWakeUp: (report) => reports.take(report as ThreadReport),
  });
  const { local } = await reports.next('listening');
  const ring = new SharedRing(1 << 20);
  const pattern = createPattern();
  let sent = 0;
  // Never waits: what does not fit goes in when the thread has made room and says so.
  const feed = (): void => {
    const before = sent;
    while (sent < bytes) {
      const from = sent % pattern.length;
      const part = pattern.subarray(from, Math.min(pattern.length, from + bytes - sent));
      const taken = ring.write(part);
      sent += taken;
      if (taken < part.length) break;
    }
    if (sent === bytes) ring.end();
    if (sent > before) client.wakeUp();
  };
  const data: ClientThreadData = { to: local, ring: ring.memory };
  const client = await startNetworkThread({
    module: new URL('./client-thread.ts', import.meta.url),
    data,
    onWakeUp: (report) => (report === undefined ? feed() : reports.take(report as ThreadReport)),
  });
  const stopwatch = startStopwatch();
  feed();
  const received = await reports.next('received');
  const { lostPackets } = await reports.next('closed');
  const cost = stopwatch();
  await Promise.all([client.stop(), server.stop()]);
  const checksumOk = received.checksum === checksumOfPattern(bytes);
  return { bytes: received.bytes, checksumOk, lostPackets, ...cost };
}

/** Reports by type, in whatever order they come. */
class Reports {
  private readonly seen: ThreadReport[] = [];
  private onSeen: () => void = () => {};

  take(report: ThreadReport): void {
    this.seen.push(report);
    this.onSeen();
  }

  async next<T extends ThreadReport['type']>(type: T): Promise<Extract<ThreadReport, { type: T }>> {
    for (;;) {
      const report = this.seen.find((candidate) => candidate.type === type);
      if (report !== undefined) return report as Extract<ThreadReport, { type: T }>;
      await new Promise<void>((resolve) => (this.onSeen = resolve));
    }
  }
}
