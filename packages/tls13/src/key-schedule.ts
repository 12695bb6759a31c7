import { type CryptoProvider, deriveSecret, expandLabel, HASH_LENGTH, type HashName } from '@tsquic/crypto';

export type Side = 'client' | 'server';

/**
 * The chain of secrets of RFC 8446 §7.1: early → handshake → master.
 *
 * The secrets of a stage must be taken before the next stage begins.
 */
export class KeySchedule {
  private readonly crypto: CryptoProvider;
  private readonly hash: HashName;
  private secret: Uint8Array;

  /** @param psk - the pre-shared key; without one the early secret is derived from zeros. */
  constructor(crypto: CryptoProvider, hash: HashName, psk?: Uint8Array) {
    this.crypto = crypto;
    this.hash = hash;
    const zeros = new Uint8Array(HASH_LENGTH[hash]);
    this.secret = crypto.hkdfExtract(hash, zeros, psk ?? zeros);
  }

  /** Early stage: the key of binders of resumption PSKs, RFC 8446 §4.2.11.2. */
  binderKey(): Uint8Array {
    return this.derive('res binder', this.emptyHash());
  }

  /** Early stage: the secret of 0-RTT packets. */
  earlyTraffic(clientHelloHash: Uint8Array): Uint8Array {
    return this.derive('c e traffic', clientHelloHash);
  }

  enterHandshake(sharedSecret: Uint8Array): void {
    this.enter(sharedSecret);
  }

  /** Handshake stage; `helloHash` covers ClientHello to ServerHello. */
  handshakeTraffic(side: Side, helloHash: Uint8Array): Uint8Array {
    return this.derive(side === 'client' ? 'c hs traffic' : 's hs traffic', helloHash);
  }

  enterMaster(): void {
    this.enter(new Uint8Array(HASH_LENGTH[this.hash]));
  }

  /** Master stage; `serverFinishedHash` covers ClientHello to the server's Finished. */
  applicationTraffic(side: Side, serverFinishedHash: Uint8Array): Uint8Array {
    return this.derive(side === 'client' ? 'c ap traffic' : 's ap traffic', serverFinishedHash);
  }

  /** Master stage; `serverFinishedHash` covers ClientHello to the server's Finished. */
  exporterMaster(serverFinishedHash: Uint8Array): Uint8Array {
    return this.derive('exp master', serverFinishedHash);
  }

  /** Master stage; `clientFinishedHash` covers ClientHello to the client's Finished. */
  resumptionMaster(clientFinishedHash: Uint8Array): Uint8Array {
    return this.derive('res master', clientFinishedHash);
  }

  private enter(keyMaterial: Uint8Array): void {
    const salt = this.derive('derived', this.emptyHash());
    this.secret = this.crypto.hkdfExtract(this.hash, salt, keyMaterial);
  }

  private derive(label: string, transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.crypto, this.hash, this.secret, label, transcriptHash);
  }

  private emptyHash(): Uint8Array {
    return this.crypto.hash(this.hash, new Uint8Array(0));
  }
}

/** The verify_data of a Finished, and a PSK binder: RFC 8446 §4.4.4, §4.2.11.2. */
export function finishedMac(
  crypto: CryptoProvider,
  hash: HashName,
  baseKey: Uint8Array,
  transcriptHash: Uint8Array,
): Uint8Array {
  const key = expandLabel(crypto, hash, baseKey, 'finished', new Uint8Array(0), HASH_LENGTH[hash]);
  return crypto.hmac(hash, key, transcriptHash);
}

/** The PSK of a ticket, RFC 8446 §4.6.1. */
export function resumptionPsk(
  crypto: CryptoProvider,
  hash: HashName,
  resumptionMaster: Uint8Array,
  ticketNonce: Uint8Array,
): Uint8Array {
  return expandLabel(crypto, hash, resumptionMaster, 'resumption', ticketNonce, HASH_LENGTH[hash]);
}

/** Keying material for applications, RFC 8446 §7.5. */
export class Exporter {
  private readonly crypto: CryptoProvider;
  private readonly hash: HashName;
  private readonly master: Uint8Array;

  constructor(crypto: CryptoProvider, hash: HashName, master: Uint8Array) {
    this.crypto = crypto;
    this.hash = hash;
    this.master = master;
  }

  export(label: string, context: Uint8Array, length: number): Uint8Array {
    const { crypto, hash } = this;
    const secret = deriveSecret(crypto, hash, this.master, label, crypto.hash(hash, new Uint8Array(0)));
    return expandLabel(crypto, hash, secret, 'exporter', crypto.hash(hash, context), length);
  }
}
