import type { CryptoProvider } from '@tsquic/crypto';
import { QuicLbConnectionIds } from './quic-lb-connection-ids.ts';
import { QuicUsageError } from '../errors/usage-error.ts';

/** Length of the server ID that a target is registered with, bytes. */
const SERVER_ID_LENGTH = 8;
/**
 * With the server ID and the first byte, the IDs have 16 bytes, which is reported to be the only length that
 * is routed.
 */
const NONCE_LENGTH = 7;

/**
 * Connection IDs by which the Network Load Balancer of AWS routes: QUIC-LB in plain text, with the server ID
 * of 8 bytes that the target was registered with, in IDs of 16 bytes. Clients may migrate to other addresses.
 *
 * @param serverId - 8 bytes, or as AWS writes them: '0x' and 16 hexadecimal digits. Throws `QuicUsageError`
 * for anything else.
 */
export function createAwsConnectionIds(
  crypto: CryptoProvider,
  serverId: Uint8Array | string,
): QuicLbConnectionIds {
  return new QuicLbConnectionIds(crypto, {
    configId: 0,
    serverId: typeof serverId === 'string' ? serverIdFromText(serverId) : checked(serverId),
    nonceLength: NONCE_LENGTH,
    furtherIds: true,
  });
}

function serverIdFromText(text: string): Uint8Array {
  if (!/^0x[\da-f]{16}$/i.test(text))
    throw new QuicUsageError('invalid-option', "the server ID must be '0x' and 16 hexadecimal digits");
  return Uint8Array.from({ length: SERVER_ID_LENGTH }, (_, i) =>
    parseInt(text.slice(2 + 2 * i, 4 + 2 * i), 16),
  );
}

function checked(serverId: Uint8Array): Uint8Array {
  if (serverId.length === SERVER_ID_LENGTH) return serverId;
  throw new QuicUsageError('invalid-option', `the server ID must have 8 bytes, not ${serverId.length}`);
}
