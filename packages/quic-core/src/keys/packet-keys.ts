import {
  type Aead,
  type CipherSuite,
  type CryptoProvider,
  expandLabel,
  type HeaderProtection,
  IV_LENGTH,
} from '@tsquic/crypto';
import { protectPacket } from '../packet/protection.ts';
import type { OpenPacket, PacketSealer } from '../packet/writer.ts';
import type { Version } from '../version/versions.ts';

const NO_CONTEXT = new Uint8Array(0);
/** AEADs of paths besides the first that are kept; more paths are made anew in turns. */
const MAX_PATH_AEADS = 32;

interface PathAead {
  readonly pathId: number;
  readonly aead: Aead;
}

/** The keys that protect packets of one direction at one level. RFC 9001 §5.1 */
export class PacketKeys implements PacketSealer {
  readonly suite: CipherSuite;
  readonly aead: Aead;
  readonly protection: HeaderProtection;
  /** Number of packets sealed with this key. */
  sealed = 0;
  private readonly secret: Uint8Array;
  private readonly crypto: CryptoProvider;
  private readonly version: Version;
  /** AEADs of paths besides the first, by their IDs; undefined while there is one path. */
  private ofPaths: PathAead[] | undefined = undefined;

  /** @param protection - the header protection key, which key updates do not change. RFC 9001 §6.1 */
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
    this.aead = this.createAead(0);
    this.protection =
      protection ??
      crypto.createHeaderProtection(suite.aead, this.derive(version.headerLabel, suite.keyLength));
  }

  /**
   * The AEAD whose nonces belong to a path: its IV is the one of the key, exclusive-or the path ID in the
   * first four bytes, which packet numbers leave free. draft-ietf-quic-multipath §2.4
   */
  aeadOf(pathId: number): Aead {
    return pathId === 0 ? this.aead : this.aeadOfLater(pathId);
  }

  private aeadOfLater(pathId: number): Aead {
    this.ofPaths ??= [];
    const known = this.ofPaths.find((one) => one.pathId === pathId);
    if (known !== undefined) return known.aead;
    if (this.ofPaths.length === MAX_PATH_AEADS) this.ofPaths.shift();
    const aead = this.createAead(pathId);
    this.ofPaths.push({ pathId, aead });
    return aead;
  }

  private createAead(pathId: number): Aead {
    const { crypto, suite, version } = this;
    const key = this.derive(version.keyLabel, suite.keyLength);
    return crypto.createAead(suite.aead, key, ivOfPath(this.derive(version.ivLabel, IV_LENGTH), pathId));
  }

  private derive(label: string, length: number): Uint8Array {
    return expandLabel(this.crypto, this.suite.hash, this.secret, label, NO_CONTEXT, length);
  }

  /** Encrypt a packet, and count it. */
  protect(buffer: Uint8Array, packet: OpenPacket): void {
    const { headerAt, numberAt, payloadAt, payloadEnd, number } = packet;
    this.sealed++;
    const aead = this.aeadOf(packet.pathId);
    protectPacket(buffer, headerAt, numberAt, payloadAt, payloadEnd, number, aead, this.protection);
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

/**
 * The IV of the packets of a path: with a packet number it makes the nonce of that path.
 * draft-ietf-quic-multipath §2.4
 */
export function ivOfPath(iv: Uint8Array, pathId: number): Uint8Array {
  if (pathId === 0) return iv;
  const own = iv.slice();
  for (let i = 0; i < 4; i++) own[i] = iv[i]! ^ (pathId >>> (24 - 8 * i));
  return own;
}
