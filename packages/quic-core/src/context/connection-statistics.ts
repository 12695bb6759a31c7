import type { Connection } from '../connection/connection.ts';
import { applicationPtoUs } from '../connection/deadlines.ts';
import { addCounts, createPathCounts } from '../multipath/multipath.ts';
import type { Path } from '../path/path.ts';
import type { ConnectionState, ConnectionStatistics } from './handles.ts';
import { pathStatistics } from './path-statistics.ts';

/** A snapshot of a connection; see `QuicConnection.statistics`. */
export function connectionStatistics({ parts }: Connection, state: ConnectionState): ConnectionStatistics {
  const { statistics, paths, idle, keys, multipath, fields } = parts;
  const path = pathStatistics((multipath?.best.paths ?? paths).active, true);
  const idlePeriodUs = idle.periodUs(applicationPtoUs(parts));
  const counts = multipath?.counts() ?? addCounts(createPathCounts(), parts);
  return {
    state,
    version: fields.version.current.id,
    ...statistics,
    packetsSent: counts.packetsSent,
    packetsLost: counts.packetsLost,
    packetsSpuriouslyLost: counts.packetsSpuriouslyLost,
    smoothedRttUs: path.smoothedRttUs,
    latestRttUs: path.latestRttUs,
    minRttUs: path.minRttUs,
    rttVarianceUs: path.rttVarianceUs,
    congestionWindowBytes: overPaths(multipath?.open, path.congestionWindowBytes, windowOf),
    bytesInFlight: overPaths(multipath?.open, path.bytesInFlight, flightOf),
    probeTimeouts: counts.probeTimeouts,
    keyUpdates: keys.oneRtt.updates,
    mtuBytes: path.mtuBytes,
    idleTimeoutMs: idlePeriodUs === Infinity ? 0 : Math.ceil(idlePeriodUs / 1000),
  };
}

/** The sum over the paths in use; `ofOne` is the value where there is one path. */
function overPaths(
  open: readonly { readonly parts: { readonly paths: { readonly active: Path } } | undefined }[] | undefined,
  ofOne: number,
  valueOf: (path: Path) => number,
): number {
  if (open === undefined) return ofOne;
  return open.reduce((sum, { parts }) => sum + valueOf(parts!.paths.active), 0);
}

const windowOf = ({ controller }: Path): number => controller.windowBytes;
const flightOf = ({ inFlightBytes }: Path): number => inFlightBytes;
