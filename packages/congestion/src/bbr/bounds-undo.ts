import type { ShortTermBounds } from './short-term-bounds.ts';
import type { VolumeBound } from './volume-bound.ts';

/** The bounds from before an episode of losses, in case these turn out to be spurious. */
export class BoundsUndo {
  private bandwidth = Infinity;
  private inFlightBytes = Infinity;
  private volumeBytes = Infinity;

  remember(shortTerm: ShortTermBounds, volume: VolumeBound): void {
    this.bandwidth = shortTerm.bandwidth;
    this.inFlightBytes = shortTerm.inFlightBytes;
    this.volumeBytes = volume.inFlightBytes;
  }

  restore(shortTerm: ShortTermBounds, volume: VolumeBound): void {
    shortTerm.forgetLosses();
    shortTerm.bandwidth = Math.max(shortTerm.bandwidth, this.bandwidth);
    shortTerm.inFlightBytes = Math.max(shortTerm.inFlightBytes, this.inFlightBytes);
    volume.inFlightBytes = Math.max(volume.inFlightBytes, this.volumeBytes);
  }
}
