import type { ConnectionVersion } from '../version/connection-version.ts';
import type { Tracer } from './tracer.ts';

/** Tells the tracer what is known of a connection's versions, as `Tracer.onVersions` has it. */
export function traceVersions(
  { id, tracer }: { readonly id: number; readonly tracer: Tracer },
  version: ConnectionVersion,
  theirs: readonly number[],
  nowUs: number,
  chosen: number = version.current.id,
): void {
  const ours = version.spoken.map((spoken) => spoken.id);
  tracer.onVersions?.(id, ours, theirs, chosen, nowUs);
}
