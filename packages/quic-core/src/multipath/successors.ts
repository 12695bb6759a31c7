import type { NumberedPath } from './numbered-path.ts';

/** Whether another path can carry data when this one ends. draft-ietf-quic-multipath §3.4 */
export function hasUsable(paths: readonly NumberedPath[], path: NumberedPath): boolean {
  return paths.some((other) => other !== path && other.isUsable);
}

/** Whether another path can carry data, and has not been silent. */
export function hasLively(paths: readonly NumberedPath[], path: NumberedPath): boolean {
  return paths.some((other) => other !== path && other.isUsable && !other.isSilent);
}

/** Whether another path may become usable. */
export function hasPromising(paths: readonly NumberedPath[], path: NumberedPath): boolean {
  return paths.some((other) => other !== path && other.isPromising);
}

/** Paths whose address is not validated. */
export function countUnproven(paths: readonly NumberedPath[]): number {
  return paths.filter(({ parts }) => !parts!.paths.active.amplification.validated).length;
}
