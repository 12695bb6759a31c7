import type { ConnectionStatistics } from '@tsquic/quic-core';

/** Counters and estimates of a connection, and the kind of its sockets. */
export interface QuicConnectionStatistics extends ConnectionStatistics {
  /** What the sockets are opened through: 'dgram', 'ffi', or 'other' for one of the program's own. */
  readonly udp: string;
}
