import type { EarlyDataOffer } from '@tsquic/tls13';
import { suitsTicket } from '../config/early-data-options.ts';
import type { Settings } from '../config/settings.ts';
import { EarlyAdmission } from '../connection/early-admission.ts';
import type { ConnectionParts } from '../connection/parts.ts';
import type { EarlyDataUse } from '../tokens/replay-store.ts';
import { ProcessReplayStore } from '../tokens/replay-store.ts';

/**
 * Decides whether a server accepts the 0-RTT that a client offers with a valid ticket: the remembered
 * transport parameters must still hold, and the ticket must not have been used. RFC 9000 §7.4.1, RFC 9001
 * §9.2
 */
export function earlyDataJudge(
  settings: Settings,
  parts: ConnectionParts,
  nowUs: () => number,
): (offer: EarlyDataOffer) => boolean {
  const { earlyData, options, crypto, tracer } = settings;
  if (earlyData === undefined) return () => false;
  const nowMs = (): number => Math.floor(((options.unixTimeAtZeroUs ?? 0) + nowUs()) / 1000);
  const { replayStore: store, isHeld } = earlyData;
  if (store instanceof ProcessReplayStore) store.begin(nowMs());
  return (offer) => {
    if (!suitsTicket(earlyData, offer.context)) return false;
    const { ticket, issuedAtMs, sentAtMs, expiresAtMs } = offer;
    const id = crypto.hash('sha256', ticket).slice(0, ID_BYTES);
    const use: EarlyDataUse = { id, issuedAtMs, sentAtMs, expiresAtMs };
    try {
      if (store !== 'ask' && !store.use(use, nowMs())) return false;
    } catch (error) {
      // When the replay store fails, the ticket counts as used, and the handshake goes on without 0-RTT.
      tracer.onInternalError?.(parts.id, error, nowUs());
      return false;
    }
    parts.earlyAdmission = new EarlyAdmission('accepted', isHeld, store === 'ask' ? use : undefined);
    return true;
  };
}

const ID_BYTES = 16;
