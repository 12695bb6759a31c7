import type { QuicConnection } from 'tsquic';
import type { WebTransportDatagramStats } from './datagrams.ts';

/** Counters of the connection that a session uses, https://www.w3.org/TR/webtransport/#web-transport-connection-stats. */
export interface WebTransportConnectionStats {
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  /** Milliseconds. */
  readonly smoothedRtt: number;
  /** Milliseconds. */
  readonly rttVariation: number;
  /** Milliseconds. */
  readonly minRtt: number;
  /** Bits per second that the window allows; null before the first round trip was measured. */
  readonly estimatedSendRate: number | null;
  readonly datagrams: WebTransportDatagramStats;
}

export function connectionStatsOf(
  connection: QuicConnection,
  datagrams: WebTransportDatagramStats,
): WebTransportConnectionStats {
  const told = connection.statistics();
  const { bytesSent, bytesReceived, packetsSent, packetsReceived, packetsLost } = told;
  const { smoothedRttUs, rttVarianceUs, minRttUs, congestionWindowBytes } = told;
  return {
    ...{ bytesSent, bytesReceived, packetsSent, packetsReceived, packetsLost },
    smoothedRtt: smoothedRttUs / 1000,
    rttVariation: rttVarianceUs / 1000,
    minRtt: minRttUs / 1000,
    estimatedSendRate: minRttUs === 0 ? null : Math.round((8e6 * congestionWindowBytes) / smoothedRttUs),
    datagrams,
  };
}
