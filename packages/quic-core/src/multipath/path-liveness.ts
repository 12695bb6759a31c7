import type { NumberedPath } from './numbered-path.ts';
import { hasUsable } from './successors.ts';

/** A path that may be idle for less than this many probe timeouts would end by a delay. RFC 9000 §10.1 */
const MIN_PTOS = 3;

/** What becomes of paths that carry nothing. */
export interface LivenessOptions {
  /** A PING leaves on each path after this much silence, µs. */
  readonly keepAliveUs: number;
  /** A path on which nothing came for so long is abandoned, µs, where another one is usable. */
  readonly idleUs: number;
}

/**
 * Keeps each path alive by itself, for a NAT or a firewall forgets a path that carries nothing although the connection does; and tells
 * which paths have been idle for too long. draft-ietf-quic-multipath §5.9
 */
export class PathLiveness {
  private readonly keepAliveUs: number;
  private readonly idleUs: number;

  constructor({ keepAliveUs, idleUs }: LivenessOptions) {
    this.keepAliveUs = keepAliveUs;
    this.idleUs = idleUs;
  }

  /** When the first of these paths is to be kept alive, or has been idle for too long. */
  timerUs(paths: readonly NumberedPath[]): number {
    if (this.keepAliveUs === Infinity && this.idleUs === Infinity) return Infinity;
    let dueUs = Infinity;
    for (const path of paths) dueUs = Math.min(dueUs, this.keepUs(path), this.endUs(path, paths));
    return dueUs;
  }

  /** Abandon those of the paths that have been idle for too long; a PING leaves on those that have been silent for long enough. */
  onTimer(paths: readonly NumberedPath[], nowUs: number, abandon: (path: NumberedPath) => void): void {
    for (const path of [...paths]) {
      if (this.endUs(path, paths) <= nowUs) abandon(path);
      else if (this.keepUs(path) <= nowUs) path.space!.sending.demand(1);
    }
  }

  /** When a path is to be kept alive; Infinity while a packet on it waits to leave or to be acknowledged. */
  private keepUs(path: NumberedPath): number {
    if (this.keepAliveUs === Infinity || !path.isUsable) return Infinity;
    const { probes, sent, lastElicitingUs } = path.space!.sending;
    if (probes > 0 || sent.elicitingCount > 0) return Infinity;
    return Math.max(lastElicitingUs, path.heardUs) + this.keepAliveUs;
  }

  private endUs(path: NumberedPath, paths: readonly NumberedPath[]): number {
    if (this.idleUs === Infinity || !path.isUsable || !hasUsable(paths, path)) return Infinity;
    const { ptoUs } = path.parts!.paths.active.rtt;
    return path.heardUs + Math.max(this.idleUs, Math.ceil(MIN_PTOS * ptoUs));
  }
}
