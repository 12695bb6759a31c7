import type { BeforeSealing, SealingPacket } from '@tsquic/quic-core';
import { Level } from '@tsquic/tls13';
import { mutatePayload } from './frame-mutation.ts';
import type { Random } from './random.ts';

/**
 * Changes packets of one of our endpoints before they are encrypted: its peer gets valid packets with wrong
 * frames.
 */
export interface Saboteur {
  /** For `QuicContextOptions`. */
  readonly beforeSealing: BeforeSealing;
  /** Packets changed so far. */
  readonly changed: number;
}

/** A saboteur whose choice of packets and changes is drawn from `random`. */
export function createSaboteur(random: Random): Saboteur {
  const onlyLevel = random.chance(0.4) ? LEVELS[random.integer(LEVELS.length)] : undefined;
  const isLong = onlyLevel === undefined || onlyLevel === Level.Application;
  const firstPacket = random.chance(0.3) ? 0 : random.integer(isLong ? 40 : 4);
  const chance = PERSISTENCE[random.integer(PERSISTENCE.length)]!;
  const most = random.chance(0.5) ? 1 + random.integer(3) : Infinity;
  let seen = 0;
  let changed = 0;
  return {
    get changed() {
      return changed;
    },
    beforeSealing(packet) {
      if (onlyLevel !== undefined && packet.level !== onlyLevel) return packet.payloadEnd;
      if (seen++ < firstPacket || changed >= most || !random.chance(chance)) return packet.payloadEnd;
      changed++;
      return change(packet, random);
    },
  };
}

function change({ buffer, payloadAt, payloadEnd, limit }: SealingPacket, random: Random): number {
  const payload = mutatePayload(buffer.slice(payloadAt, payloadEnd), limit - payloadAt, random);
  buffer.set(payload, payloadAt);
  return payloadAt + payload.length;
}

/** The last level occurs twice, because most packets belong to it. */
const LEVELS = [Level.Initial, Level.EarlyData, Level.Handshake, Level.Application, Level.Application];
const PERSISTENCE = [1, 0.5, 0.2, 0.05];
