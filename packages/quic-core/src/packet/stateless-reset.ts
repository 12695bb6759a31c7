import type { CryptoProvider } from '@tsquic/crypto';
import { FIXED_BIT } from './header.ts';

export const RESET_TOKEN_LENGTH = 16;
/** Shortest datagram that can be a stateless reset. RFC 9000 §10.3 */
export const MIN_RESET_LENGTH = 21;
const MAX_RESET_LENGTH = 42;

/**
 * The stateless reset token of one of our connection IDs, derived from the key and the ID. RFC 9000 §10.3.2
 */
export function resetToken(crypto: CryptoProvider, key: Uint8Array, connectionId: Uint8Array): Uint8Array {
  return crypto.hmac('sha256', key, connectionId).slice(0, RESET_TOKEN_LENGTH);
}

/**
 * A stateless reset for a packet of `triggerLength` bytes; undefined when the packet is so short that no
 * reset is shorter, because two endpoints could otherwise reset each other without end. RFC 9000 §10.3,
 * §10.3.3
 */
export function encodeStatelessReset(
  crypto: CryptoProvider,
  token: Uint8Array,
  triggerLength: number,
): Uint8Array | undefined {
  const length = Math.min(triggerLength - 1, MAX_RESET_LENGTH);
  if (length < MIN_RESET_LENGTH) return undefined;
  const packet = new Uint8Array(length);
  crypto.random(packet);
  packet[0] = FIXED_BIT | (packet[0]! & 0x3f);
  packet.set(token, length - RESET_TOKEN_LENGTH);
  return packet;
}
