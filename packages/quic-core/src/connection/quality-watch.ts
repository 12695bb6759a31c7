import type { PathQualityEvent } from '../events.ts';
import type { Path } from '../path/path.ts';

/** Changes that are worth an event; Infinity for none. */
export interface QualityThresholds {
  readonly rttUs: number;
  readonly bytesPerSecond: number;
}

/** The paths that are watched. */
export interface WatchedPaths {
  readonly paths: { readonly active: Path };
  readonly multipath:
    | {
        readonly open: readonly {
          readonly id: number;
          readonly parts: { readonly paths: { readonly active: Path } } | undefined;
        }[];
      }
    | undefined;
  emit(event: Omit<PathQualityEvent, 'connection'>): void;
}

interface Quality {
  smoothedRttUs: number;
  bytesPerSecond: number;
}

/** Tells the program when the round-trip time or the rate of a path has changed by so much since it was told last. */
export class QualityWatch {
  private readonly watched: WatchedPaths;
  private readonly thresholds: QualityThresholds;
  /** What was told last, by path ID. */
  private readonly told = new Map<number, Quality>();

  constructor(watched: WatchedPaths, thresholds: QualityThresholds) {
    this.watched = watched;
    this.thresholds = thresholds;
  }

  look(): void {
    const { paths, multipath } = this.watched;
    if (multipath === undefined) return this.lookAt(0, paths.active);
    const { open } = multipath;
    if (this.told.size > open.length)
      for (const pathId of this.told.keys())
        if (!open.some(({ id }) => id === pathId)) this.told.delete(pathId);
    for (const { id, parts } of open) this.lookAt(id, parts!.paths.active);
  }

  private lookAt(pathId: number, { rtt, controller }: Path): void {
    if (!rtt.hasSample) return;
    const smoothedRttUs = Math.round(rtt.smoothedUs);
    const { pacingRate, windowBytes } = controller;
    const bytesPerSecond = Math.round(pacingRate > 0 ? pacingRate : (windowBytes * 1e6) / rtt.smoothedUs);
    const last = this.told.get(pathId);
    const { thresholds } = this;
    const hasChanged =
      last === undefined ||
      Math.abs(smoothedRttUs - last.smoothedRttUs) >= thresholds.rttUs ||
      Math.abs(bytesPerSecond - last.bytesPerSecond) >= thresholds.bytesPerSecond;
    if (!hasChanged) return;
    this.told.set(pathId, { smoothedRttUs, bytesPerSecond });
    this.watched.emit({ type: 'path-quality', pathId, smoothedRttUs, bytesPerSecond });
  }
}
