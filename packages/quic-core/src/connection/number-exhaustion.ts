import { TransportCode } from '../errors/transport-error.ts';
import type { CloseReason } from '../events.ts';
import type { ConnectionParts } from './parts.ts';

const USED_UP: CloseReason = {
  kind: 'transport',
  code: TransportCode.AeadLimitReached,
  frameType: 0,
  text: 'the packet numbers are used up',
  remote: false,
};

/** Whether the packet numbers of a path are used up. RFC 9000 §12.3, draft-ietf-quic-multipath §2.4 */
export function hasUsedUpNumbers({
  spaces,
  multipath,
}: Pick<ConnectionParts, 'spaces' | 'multipath'>): boolean {
  if (multipath === undefined) return spaces.application.sending.isUsedUp;
  return multipath.open.some(({ space }) => space!.sending.isUsedUp);
}

/**
 * Whether the packet numbers are used up, which ends the connection: nothing leaves any more, a CONNECTION_CLOSE neither.
 * RFC 9000 §12.3
 */
export function endsWithNumbers(parts: ConnectionParts): boolean {
  if (!hasUsedUpNumbers(parts)) return false;
  parts.life.vanish(USED_UP);
  return true;
}
