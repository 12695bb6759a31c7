import type { OneRttKeys } from '../keys/update.ts';
import type { NumberedPath } from '../multipath/numbered-path.ts';
import type { Path } from '../path/path.ts';
import type { Paths } from '../path/paths.ts';
import type { Recovery } from '../recovery/recovery.ts';
import type { RecoveryMetrics, Tracer } from '../trace/tracer.ts';

/** The parts whose state is compared. */
export interface ObservedParts extends ObservedPath {
  readonly keys: { readonly oneRtt: OneRttKeys };
  readonly multipath: { readonly open: readonly NumberedPath[] } | undefined;
}

/** Those of one path ID. */
interface ObservedPath {
  readonly paths: Paths;
  readonly recovery: Recovery;
}

/**
 * Finds what changed since it last looked, and tells the tracer, so that the parts need no tracer.
 * It exists only where a tracer asks for changes.
 */
export class ChangeTracer {
  private readonly id: number;
  private readonly parts: ObservedParts;
  private readonly tracer: Tracer;
  private keyUpdates = 0;
  private readonly first: PathChanges;
  /** Those of later path IDs. */
  private readonly later = new Map<number, PathChanges>();

  constructor(id: number, parts: ObservedParts, tracer: Tracer) {
    this.id = id;
    this.parts = parts;
    this.tracer = tracer;
    this.first = new PathChanges(id, 0, parts.paths.active);
  }

  look(nowUs: number): void {
    const { id, tracer, parts } = this;
    this.first.look(parts, tracer, nowUs);
    const { oneRtt } = parts.keys;
    if (oneRtt.updates !== this.keyUpdates) {
      this.keyUpdates = oneRtt.updates;
      // The receive keys stay the old ones until the peer has followed a key update of ours.
      tracer.onKeyUpdated?.(id, this.keyUpdates, oneRtt.hasPrevious, nowUs);
    }
    if (parts.multipath !== undefined) this.lookAtLater(parts.multipath.open, nowUs);
  }

  private lookAtLater(open: readonly NumberedPath[], nowUs: number): void {
    const { id, tracer, later } = this;
    if (later.size > 0)
      for (const pathId of later.keys()) if (!open.some((path) => path.id === pathId)) later.delete(pathId);
    for (const { id: pathId, parts } of open) {
      if (pathId === 0) continue;
      let changes = later.get(pathId);
      if (changes === undefined) later.set(pathId, (changes = new PathChanges(id, pathId)));
      changes.look(parts!, tracer, nowUs);
    }
  }
}

/** What changed of one path ID. */
class PathChanges {
  private readonly id: number;
  private readonly pathId: number;
  private path: Path | undefined;
  private mtuBytes: number;
  private readonly metrics: RecoveryMetrics = {
    minRttUs: -1,
    smoothedRttUs: 0,
    latestRttUs: 0,
    rttVarianceUs: 0,
    probeTimeouts: 0,
    congestionWindowBytes: 0,
    bytesInFlight: 0,
    pacingRate: 0,
    inSlowStart: true,
  };

  /** @param path - the addresses that were told before; none for a later path ID. */
  constructor(id: number, pathId: number, path?: Path) {
    this.id = id;
    this.pathId = pathId;
    this.path = path;
    this.mtuBytes = path?.mtu.mtuBytes ?? 0;
  }

  look({ paths, recovery }: ObservedPath, tracer: Tracer, nowUs: number): void {
    const { id, pathId } = this;
    const path = paths.active;
    if (path !== this.path) {
      this.path = path;
      tracer.onPathChanged?.(id, path.local, path.remote, nowUs, pathId);
    }
    const { mtuBytes } = path.mtu;
    if (mtuBytes !== this.mtuBytes) {
      this.mtuBytes = mtuBytes;
      tracer.onMtuChanged?.(id, mtuBytes, nowUs, pathId);
    }
    if (tracer.onMetrics !== undefined && this.updateMetrics(path, recovery.pto.count))
      tracer.onMetrics(id, this.metrics, nowUs, pathId);
  }

  private updateMetrics({ rtt, controller, inFlightBytes }: Path, count: number): boolean {
    const { metrics } = this;
    const minRttUs = rtt.hasSample ? rtt.minUs : 0;
    const changed =
      metrics.minRttUs !== minRttUs ||
      metrics.latestRttUs !== rtt.latestUs ||
      metrics.smoothedRttUs !== rtt.smoothedUs ||
      metrics.probeTimeouts !== count ||
      metrics.congestionWindowBytes !== controller.windowBytes ||
      metrics.bytesInFlight !== inFlightBytes ||
      metrics.pacingRate !== controller.pacingRate;
    metrics.minRttUs = minRttUs;
    metrics.latestRttUs = rtt.latestUs;
    metrics.smoothedRttUs = rtt.smoothedUs;
    metrics.rttVarianceUs = rtt.varianceUs;
    metrics.probeTimeouts = count;
    metrics.congestionWindowBytes = controller.windowBytes;
    metrics.bytesInFlight = inFlightBytes;
    metrics.pacingRate = controller.pacingRate;
    metrics.inSlowStart = controller.inSlowStart;
    return changed;
  }
}

/** A change tracer, or undefined when the tracer asks for nothing that it finds. */
export function createChangeTracer(
  id: number,
  parts: ObservedParts,
  tracer: Tracer,
): ChangeTracer | undefined {
  const { onMetrics, onPathChanged, onMtuChanged, onKeyUpdated } = tracer;
  const isWanted = onMetrics ?? onPathChanged ?? onMtuChanged ?? onKeyUpdated;
  return isWanted === undefined ? undefined : new ChangeTracer(id, parts, tracer);
}
