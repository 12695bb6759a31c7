import type { RememberedPath } from '@tsquic/congestion';
import type { Settings } from '../config/settings.ts';
import type { ConnectionParts } from './parts.ts';

type Parts = Pick<ConnectionParts, 'idle' | 'flow' | 'streams' | 'datagrams' | 'paths' | 'handshake'>;

/**
 * Apply the settings that a server chose by the ClientHello. No packet that must be acknowledged has left, and the client
 * does not know this server's transport parameters, so limits may become lower as well. RFC 9000 §7.4
 */
export function retune(
  parts: Parts,
  { transport, congestion }: Settings,
  remembered: RememberedPath | undefined,
  nowUs: number,
): void {
  parts.idle.retune(transport.idleTimeoutMs, transport.keepAliveMs);
  parts.idle.onPeerTimeout(parts.handshake.peerParameters!.maxIdleTimeoutMs);
  parts.flow.receiving.resize(transport.connectionWindowBytes, transport.maxConnectionWindowBytes);
  parts.streams.table.retune(transport);
  parts.datagrams.retune(transport);
  const { active, defaults } = parts.paths;
  if (congestion === defaults.congestion) return;
  defaults.congestion = congestion;
  active.useController(congestion, remembered, nowUs);
}
