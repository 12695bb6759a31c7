import type { Address } from '../path/address.ts';
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

/** The peer's addresses that are validated, on whichever path. draft-ietf-quic-multipath §3.1.4 */
export function validatedAddresses(paths: readonly NumberedPath[]): Address[] {
  const known = paths.flatMap(({ parts }) => parts?.paths.known ?? []);
  return known.filter(({ amplification }) => amplification.validated).map(({ remote }) => remote);
}

/** Paths whose address is not validated. */
export function countUnproven(paths: readonly NumberedPath[]): number {
  return paths.filter(({ parts }) => !parts!.paths.active.amplification.validated).length;
}
