import type { Path } from '../path/path.ts';
import { EcnState } from '../path/ecn.ts';
import type { PathStatistics } from './handles.ts';

/** A snapshot of a path; `active` tells whether it is the one in use. */
export function pathStatistics(path: Path, active: boolean, backup = false): PathStatistics {
  const { rtt, controller } = path;
  return {
    pathId: path.space.pathId,
    backup,
    local: path.local,
    remote: path.remote,
    interfaceIndex: path.interfaceIndex,
    active,
    validated: path.amplification.validated,
    smoothedRttUs: Math.round(rtt.smoothedUs),
    latestRttUs: rtt.latestUs,
    minRttUs: rtt.hasSample ? rtt.minUs : 0,
    rttVarianceUs: Math.round(rtt.varianceUs),
    congestion: controller.name,
    congestionWindowBytes: controller.windowBytes,
    pacingRate: Math.round(controller.pacingRate),
    slowStart: controller.inSlowStart,
    bytesInFlight: path.inFlightBytes,
    bytesReceived: path.amplification.receivedBytes,
    bytesDelivered: path.delivery.deliveredBytes,
    bytesLost: path.delivery.lostBytes,
    mtuBytes: path.mtu.mtuBytes,
    ecn: ECN_NAMES[path.ecn.state],
  };
}

const ECN_NAMES = {
  [EcnState.Testing]: 'testing',
  [EcnState.Unknown]: 'unknown',
  [EcnState.Capable]: 'capable',
  [EcnState.Failed]: 'failed',
} as const;
