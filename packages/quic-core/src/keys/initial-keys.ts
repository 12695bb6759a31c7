import type { CryptoProvider } from '@tsquic/crypto';
import type { Version } from '../version/versions.ts';
import { initialSecret, keysOfSide } from './initial.ts';
import type { PacketKeys } from './packet-keys.ts';

interface Pair {
  readonly version: Version;
  readonly secret: Uint8Array;
  read: PacketKeys | undefined;
  write: PacketKeys | undefined;
}

/**
 * The Initial keys of a connection, in each version of its Initial packets. The keys of another version than
 * the first are derived when a packet needs them. RFC 9001 §5.2, RFC 9369 §4.1
 */
export class InitialKeys {
  private readonly crypto: CryptoProvider;
  private readonly destinationId: Uint8Array;
  private readonly isClient: boolean;
  private readonly pairs: Pair[] = [];

  /**
   * @param destinationId - Destination Connection ID of the client's first Initial packet, or the one from a
   * Retry.
   */
  constructor(crypto: CryptoProvider, destinationId: Uint8Array, isClient: boolean) {
    this.crypto = crypto;
    this.destinationId = destinationId;
    this.isClient = isClient;
  }

  /** The keys that open the peer's Initial packets of a version. */
  read(version: Version): PacketKeys {
    const pair = this.pairOf(version);
    return (pair.read ??= keysOfSide(this.crypto, version, pair.secret, !this.isClient));
  }

  /** The keys that seal our Initial packets of a version. */
  write(version: Version): PacketKeys {
    const pair = this.pairOf(version);
    return (pair.write ??= keysOfSide(this.crypto, version, pair.secret, this.isClient));
  }

  private pairOf(version: Version): Pair {
    for (const pair of this.pairs) if (pair.version === version) return pair;
    const secret = initialSecret(this.crypto, version, this.destinationId);
    const pair: Pair = { version, secret, read: undefined, write: undefined };
    this.pairs.push(pair);
    return pair;
  }
}
