import type { ConnectionParts } from './parts.ts';

/**
 * Give each path a connection ID of the peer that it may use. A peer with too many connection IDs to retire
 * is closed. RFC 9000 §9.5
 */
export function readdress({ paths, migration, multipath, life }: ConnectionParts, nowUs: number): void {
  try {
    paths.settle();
    migration.settle(nowUs);
    multipath?.settle(nowUs);
  } catch (error) {
    life.closeFor(error);
  }
}
