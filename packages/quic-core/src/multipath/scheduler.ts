import type { NumberedPath } from './numbered-path.ts';

/**
 * Put the paths on which data may be sent first, the one with the shortest round trip before the others, and
 * return how many these are. A path that is a backup, or has been silent, is among them only where all are.
 * draft-ietf-quic-multipath §3.3, §5.5
 *
 * @param paths - open paths, to be put in order.
 */
export function orderPaths(paths: NumberedPath[]): number {
  let best = WORST;
  for (let i = 0; i < paths.length; i++) best = Math.min(best, classOf(paths[i]!));
  if (best === UNUSABLE) return 0;
  let count = 0;
  for (let i = 0; i < paths.length; i++) {
    const path = paths[i]!;
    if (classOf(path) !== best) continue;
    // Insertion: there are few paths, and usually they are in order already.
    let at = count++;
    paths[i] = paths[at]!;
    while (at > 0 && rttOf(paths[at - 1]!) > rttOf(path)) {
      paths[at] = paths[at - 1]!;
      at--;
    }
    paths[at] = path;
  }
  return count;
}

const UNUSABLE = 4;
const WORST = UNUSABLE;

/**
 * A datagram of so many bytes holds a PATH_ACK frame, however long its fields and the connection ID are: a header of 25 bytes,
 * a tag of 16, and 57 for a type, seven varints and a count of ranges.
 */
const ACK_DATAGRAM = 100;

/**
 * Whether one of the paths on which data may be sent can take an acknowledgement: the anti-amplification limit may hold back all of
 * them. RFC 9000 §8.1
 */
export function isAnyOpen(paths: readonly NumberedPath[]): boolean {
  let best = WORST;
  let isOpen = false;
  for (const path of paths) {
    const itsClass = classOf(path);
    if (itsClass === UNUSABLE || itsClass > best) continue;
    const hasRoom = path.parts!.paths.active.amplification.room >= ACK_DATAGRAM;
    isOpen = hasRoom || (isOpen && itsClass === best);
    best = itsClass;
  }
  return isOpen;
}

/** Lower is better: available, backup, silent, silent backup, not to be used. */
function classOf(path: NumberedPath): number {
  if (!path.isUsable) return UNUSABLE;
  return (path.isSilent ? 2 : 0) + (path.isBackup ? 1 : 0);
}

function rttOf({ parts }: NumberedPath): number {
  return parts!.paths.active.rtt.smoothedUs;
}
