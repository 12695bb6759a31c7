import { typeOfSpace } from '../packet/levels.ts';
import type { LossWatcher } from '../recovery/flight.ts';
import { SentFlag } from '../spaces/sent-packets.ts';
import type { Tracer } from '../trace/tracer.ts';

/** Tells a tracer of each lost packet of a path; undefined where it does not ask. */
export function lossWatcher(id: number, tracer: Tracer, pathId: number): LossWatcher | undefined {
  if (tracer.onPacketLost === undefined) return undefined;
  return (space, number, bytes, flags, reordered, nowUs) => {
    const isMtuProbe = (flags & SentFlag.MtuProbe) !== 0;
    tracer.onPacketLost?.(id, typeOfSpace(space), number, bytes, isMtuProbe, reordered, nowUs, pathId);
  };
}
