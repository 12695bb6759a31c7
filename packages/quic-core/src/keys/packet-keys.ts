import {
  type Aead,
  type CipherSuite,
  type CryptoProvider,
  expandLabel,
  type HeaderProtection,
  IV_LENGTH,
} from '@tsquic/crypto';
import type { Version } from '../version/versions.ts';

const NO_CONTEXT = new Uint8Array(0);

/** What protects packets of one direction at one level. RFC 9001 §5.1 */
export class PacketKeys {
  readonly suite: CipherSuite;
  readonly aead: Aead;
  readonly protection: HeaderProtection;
  /** Packets sealed with this key. */
  sealed = 0;
  private readonly secret: Uint8Array;
  private readonly crypto: CryptoProvider;
  private readonly version: Version;

  /** @param protection - kept over key updates, which leave header protection alone. RFC 9001 §6.1 */
  constructor(
    crypto: CryptoProvider,
    version: Version,
    suite: CipherSuite,
    secret: Uint8Array,
    protection?: HeaderProtection,
  ) {
    this.crypto = crypto;
    this.version = version;
    this.suite = suite;
    this.secret = secret;
    const derive = (label: string, length: number): Uint8Array =>
      expandLabel(crypto, suite.hash, secret, label, NO_CONTEXT, length);
    this.aead = crypto.createAead(
      suite.aead,
      derive(version.keyLabel, suite.keyLength),
      derive(version.ivLabel, IV_LENGTH),
    );
    this.protection =
      protection ?? crypto.createHeaderProtection(suite.aead, derive(version.headerLabel, suite.keyLength));
  }

  /** The keys of the next phase. RFC 9001 §6.1 */
  next(): PacketKeys {
    const { crypto, version, suite, secret, protection } = this;
    const updated = expandLabel(
      crypto,
      suite.hash,
      secret,
      version.updateLabel,
      NO_CONTEXT,
      suite.hashLength,
    );
    return new PacketKeys(crypto, version, suite, updated, protection);
  }
}
