import type { OneRttKeys } from '../keys/update.ts';
import type { Path } from '../path/path.ts';
import type { Paths } from '../path/paths.ts';
import type { Recovery } from '../recovery/recovery.ts';
import type { RecoveryMetrics, Tracer } from '../trace/tracer.ts';

/** The parts whose state is compared. */
export interface ObservedParts {
  readonly paths: Paths;
  readonly recovery: Recovery;
  readonly keys: { readonly oneRtt: OneRttKeys };
}

/**
 * Finds what changed since it last looked, and tells the tracer, so that the parts need no tracer.
 * It exists only where a tracer asks for changes.
 */
export class ChangeTracer {
  private readonly id: number;
  private readonly parts: ObservedParts;
  private readonly tracer: Tracer;
  private path: Path;
  private mtuBytes: number;
  private keyUpdates = 0;
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

  constructor(id: number, parts: ObservedParts, tracer: Tracer) {
    this.id = id;
    this.parts = parts;
    this.tracer = tracer;
    this.path = parts.paths.active;
    this.mtuBytes = this.path.mtu.mtuBytes;
  }

  look(nowUs: number): void {
    const { id, tracer } = this;
    const path = this.parts.paths.active;
    if (path !== this.path) {
      this.path = path;
      tracer.onPathChanged?.(id, path.local, path.remote, nowUs);
    }
    const { mtuBytes } = path.mtu;
    if (mtuBytes !== this.mtuBytes) {
      this.mtuBytes = mtuBytes;
      tracer.onMtuChanged?.(id, mtuBytes, nowUs);
    }
    const { oneRtt } = this.parts.keys;
    if (oneRtt.updates !== this.keyUpdates) {
      this.keyUpdates = oneRtt.updates;
      // The receive keys stay the old ones until the peer has followed a key update of ours.
      tracer.onKeyUpdated?.(id, this.keyUpdates, oneRtt.hasPrevious, nowUs);
    }
    if (tracer.onMetrics !== undefined && this.updateMetrics(path)) tracer.onMetrics(id, this.metrics, nowUs);
  }

  private updateMetrics({ rtt, controller, inFlightBytes }: Path): boolean {
    const { metrics } = this;
    const { count } = this.parts.recovery.pto;
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
