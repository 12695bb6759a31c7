/**
 * One of the versions 0x?a?a?a?a, which are reserved: they show early when a peer does not ignore unknown
 * versions. RFC 9000 §6.3, §15
 *
 * @param random - 32 bits, for the free ones of the version.
 */
export function reservedVersion(random: number): number {
  return ((random & 0xf0f0_f0f0) | 0x0a0a_0a0a) >>> 0;
}

/** Whether a version is one of the reserved pattern. */
export function isReservedVersion(id: number): boolean {
  return (id & 0x0f0f_0f0f) === 0x0a0a_0a0a;
}
