/** Counters of a connection that no other part keeps. */
export interface Counters {
  bytesSent: number;
  bytesReceived: number;
  packetsReceived: number;
  packetsDropped: number;
  /** Microseconds from creation to the end of the TLS handshake; -1 before. */
  handshakeUs: number;
}

export function createCounters(): Counters {
  return { bytesSent: 0, bytesReceived: 0, packetsReceived: 0, packetsDropped: 0, handshakeUs: -1 };
}
