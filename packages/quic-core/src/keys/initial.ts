import { AES_128_GCM_SHA256, type CryptoProvider, expandLabel } from '@tsquic/crypto';
import type { Version } from '../version/versions.ts';
import { PacketKeys } from './packet-keys.ts';

const NO_CONTEXT = new Uint8Array(0);

/**
 * The keys of one side's Initial packets. Any observer can derive them from the connection ID. RFC 9001 §5.2
 */
export function initialKeys(
  crypto: CryptoProvider,
  version: Version,
  destinationId: Uint8Array,
  ofClient: boolean,
): PacketKeys {
  return keysOfSide(crypto, version, initialSecret(crypto, version, destinationId), ofClient);
}

/** `initial_secret`, from which the keys of both sides derive. RFC 9001 §5.2 */
export function initialSecret(
  crypto: CryptoProvider,
  { initialSalt }: Version,
  destinationId: Uint8Array,
): Uint8Array {
  return crypto.hkdfExtract(AES_128_GCM_SHA256.hash, initialSalt, destinationId);
}

/** The keys of one side's Initial packets, from the initial secret. RFC 9001 §5.2 */
export function keysOfSide(
  crypto: CryptoProvider,
  version: Version,
  initial: Uint8Array,
  ofClient: boolean,
): PacketKeys {
  const suite = AES_128_GCM_SHA256;
  const label = ofClient ? 'client in' : 'server in';
  const secret = expandLabel(crypto, suite.hash, initial, label, NO_CONTEXT, suite.hashLength);
  return new PacketKeys(crypto, version, suite, secret);
}
