import type { ConnectionStatistics, QuicConnection, QuicEvent } from '@tsquic/quic-core';
import type { Host } from '../host.ts';
import type { Observer } from '../observer.ts';
import type { Report } from './report.ts';

/** What was seen of a connection before the datagram that is being prepared. */
interface Seen {
  readonly connection: QuicConnection;
  inFlightBytes: number;
  windowBytes: number;
  probeTimeouts: number;
  packetsLost: number;
  /** Datagrams that may go beyond the window. */
  credit: number;
}

/**
 * Bytes in flight are never negative, and a datagram does not carry them above the window by more than itself.
 * Beyond it may go two probes for each probe timeout and packet number space (RFC 9002 §6.2.4), one datagram when the
 * window shrinks (§7.3.2), and, while the handshake lasts, one when something is lost, for the window may be full of what
 * nobody can acknowledge before that has arrived, and one for what came in: acknowledgements of Initial packets are
 * padded, and count for that.
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
      const before = seen.inFlightBytes;
      const statistics = seen.connection.statistics();
      note(seen, statistics);
      const { bytesInFlight, congestionWindowBytes } = statistics;
      const who = `connection ${out.connection}`;
      if (!(bytesInFlight >= 0)) report(host, `${who} has ${bytesInFlight} bytes in flight`, nowUs);
      if (!(congestionWindowBytes > 0))
        report(host, `${who} has a window of ${congestionWindowBytes}`, nowUs);
      if (bytesInFlight <= before || bytesInFlight <= congestionWindowBytes + length) return;
      if (seen.credit > 0) seen.credit--;
      else
        report(
          host,
          `${who} sends with ${before} bytes in flight and a window of ${congestionWindowBytes}`,
          nowUs,
        );
    },
  };
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
}

/** Two in each of two spaces while the handshake lasts. */
const PROBES_PER_TIMEOUT = 4;
