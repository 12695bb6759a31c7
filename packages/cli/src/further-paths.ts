import type { PathStatistics, QuicConnection } from 'tsquic';
import { systemFailure } from './failure.ts';
import { counted, formatBytes } from './quantities.ts';

/** Open a path from each of these local addresses, once the handshake is confirmed; `say` hears of those that fail. */
export async function openFurtherPaths(
  connection: QuicConnection,
  addresses: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  if (addresses.length === 0) return;
  try {
    await connection.ready;
  } catch {
    // The end of the connection is told by the transfer.
    return;
  }
  await Promise.all(
    addresses.map(async (localAddress) => {
      try {
        await connection.paths.open({ localAddress });
      } catch (error) {
        const hasEnded = connection.statistics().state.startsWith('clos');
        if (!hasEnded) say(`tsquic: no path from ${localAddress}: ${messageOf(error, localAddress)}`);
      }
    }),
  );
}

function messageOf(error: unknown, localAddress: string): string {
  const failure = systemFailure(error, `open a socket at ${localAddress}`);
  return failure instanceof Error ? failure.message : String(failure);
}

/** What came by a path. */
export interface PathShare {
  readonly pathId: number;
  /** The local IP address. */
  readonly local: string;
  readonly bytesReceived: number;
}

/** What came by each path, in the order of their IDs; none where there is one path alone. */
export function sharesOf(paths: readonly PathStatistics[]): readonly PathShare[] {
  const active = paths.filter(({ active: isActive }) => isActive);
  if (active.length < 2) return [];
  return active
    .map(({ pathId, local, bytesReceived }) => ({ pathId, local: local.ip, bytesReceived }))
    .sort((a, b) => a.pathId - b.pathId);
}

/** The shares as text, '' for none. */
export function shareText(shares: readonly PathShare[]): string {
  if (shares.length === 0) return '';
  const each = shares.map(({ local, bytesReceived }) => `${local} ${formatBytes(bytesReceived)}`);
  return `${counted(shares.length, 'path')}: ${each.join(', ')}`;
}
