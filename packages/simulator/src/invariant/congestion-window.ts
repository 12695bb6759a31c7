import type { ConnectionStatistics, PathStatistics, QuicConnection, QuicEvent } from '@tsquic/quic-core';
import type { Host } from '../host.ts';
import type { Observer } from '../observer.ts';
import type { Report } from './report.ts';

/** The state of a connection before the datagram that is being prepared. */
interface Seen {
  readonly connection: QuicConnection;
  inFlightBytes: number;
  /** Whether it may have several paths in use. */
  hasPaths: boolean;
  /** Bytes in flight of each path in use, by its ID. */
  flights: ReadonlyMap<number, number>;
  windowBytes: number;
  probeTimeouts: number;
  packetsLost: number;
  /** Datagrams that may exceed the window. */
  credit: number;
}

/**
 * Bytes in flight are never negative, and exceed the window by less than one datagram. In addition to the
 * window, two probes may leave for each probe timeout and packet number space (RFC 9002 §6.2.4), and one
 * datagram when the window shrinks (§7.3.2). During the handshake, one datagram may leave for each loss,
 * because the window may be full of packets that the peer cannot decrypt before it has the lost one, and one
 * for each datagram that came, because packets that acknowledge Initial packets are padded and count as in
 * flight.
 */
export function watchCongestionWindow(report: Report): Observer {
  const table = new Map<Host, Map<number, Seen>>();

  const look = (host: Host, id: number): void => {
    const connection = host.context.connection(id);
    if (connection === undefined) return;
    let seen = table.get(host);
    if (seen === undefined) table.set(host, (seen = new Map<number, Seen>()));
    if (seen.has(id)) return;
    seen.set(id, {
      connection,
      inFlightBytes: 0,
      hasPaths: false,
      flights: new Map(),
      windowBytes: 0,
      probeTimeouts: 0,
      packetsLost: 0,
      credit: 0,
    });
  };

  return {
    onEvent(host, event: QuicEvent) {
      if (event.type === 'closed') table.get(host)?.delete(event.connection);
      else look(host, event.connection);
      const seen = table.get(host)?.get(event.connection);
      if (event.type === 'path-state' && seen !== undefined) seen.hasPaths = true;
    },
    onReceive(host) {
      for (const seen of table.get(host)?.values() ?? []) {
        if (seen.connection.statistics().state === 'handshaking') seen.credit = Math.max(seen.credit, 1);
      }
    },
    onBeforePrepare(host) {
      for (const seen of table.get(host)?.values() ?? []) note(seen, seen.connection.statistics());
    },
    onAfterPrepare(host, out, length, nowUs) {
      if (length === 0 || out.connection < 0) return;
      const seen = table.get(host)?.get(out.connection);
      if (seen === undefined || seen.connection.closeReason !== undefined) return look(host, out.connection);
      const fault = judge(seen, out.connection, length);
      if (fault !== undefined) report(host, fault, nowUs);
    },
  };
}

/** The violation after a datagram of `length` bytes, or undefined. */
function judge(seen: Seen, id: number, length: number): string | undefined {
  const before = seen.inFlightBytes;
  const { flights } = seen;
  const statistics = seen.connection.statistics();
  note(seen, statistics);
  const { bytesInFlight, congestionWindowBytes } = statistics;
  if (!(bytesInFlight >= 0)) return `connection ${id} has ${bytesInFlight} bytes in flight`;
  if (!(congestionWindowBytes > 0)) return `connection ${id} has a window of ${congestionWindowBytes}`;
  if (bytesInFlight <= before || bytesInFlight <= congestionWindowBytes + length) return undefined;
  // Each of several paths has a window of its own, and the sums say nothing.
  const paths = seen.hasPaths ? seen.connection.pathStatistics().filter(({ active }) => active) : [];
  if (paths.length > 1 && paths.every((path) => keepsTo(path, flights, length))) return undefined;
  if (seen.credit-- > 0) return undefined;
  seen.credit = 0;
  return `connection ${id} sends with ${before} bytes in flight and a window of ${congestionWindowBytes}`;
}

function note(seen: Seen, statistics: ConnectionStatistics): void {
  if (statistics.probeTimeouts !== seen.probeTimeouts) seen.credit = PROBES_PER_TIMEOUT;
  else if (statistics.congestionWindowBytes < seen.windowBytes) seen.credit = Math.max(seen.credit, 1);
  if (statistics.state === 'handshaking' && statistics.packetsLost > seen.packetsLost) {
    seen.credit = Math.max(seen.credit, 1);
  }
  seen.packetsLost = statistics.packetsLost;
  seen.probeTimeouts = statistics.probeTimeouts;
  seen.windowBytes = statistics.congestionWindowBytes;
  seen.inFlightBytes = statistics.bytesInFlight;
  if (!seen.hasPaths) return;
  const paths = seen.connection.pathStatistics().filter(({ active }) => active);
  seen.flights = new Map(paths.map(({ pathId, bytesInFlight }) => [pathId, bytesInFlight]));
}

/** Whether a path has no more in flight than before, or less than a datagram of `length` bytes above its window. */
function keepsTo(path: PathStatistics, flights: ReadonlyMap<number, number>, length: number): boolean {
  const { pathId, bytesInFlight, congestionWindowBytes } = path;
  return bytesInFlight <= (flights.get(pathId) ?? 0) || bytesInFlight <= congestionWindowBytes + length;
}

/** Two in each of two spaces during the handshake. */
const PROBES_PER_TIMEOUT = 4;
