import { fromHex } from '@tsquic/bytes';
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
  /** Undefined in the early stage without a pre-shared key, of which nothing but the next stage is derived. */
  private secret: Uint8Array | undefined;

  /** @param psk - the pre-shared key; without one the early secret is derived from zeros. */
  constructor(crypto: CryptoProvider, hash: HashName, psk?: Uint8Array) {
    this.crypto = crypto;
    this.hash = hash;
    if (psk !== undefined) this.secret = crypto.hkdfExtract(hash, new Uint8Array(HASH_LENGTH[hash]), psk);
  }

  /** Early stage: the key of binders of resumption PSKs, RFC 8446 §4.2.11.2. */
  binderKey(): Uint8Array {
    return this.derive('res binder', NO_MESSAGES[this.hash]);
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
    const salt =
      this.secret === undefined
        ? SALT_WITHOUT_PSK[this.hash]
        : this.derive('derived', NO_MESSAGES[this.hash]);
    this.secret = this.crypto.hkdfExtract(this.hash, salt, keyMaterial);
  }

  private derive(label: string, transcriptHash: Uint8Array): Uint8Array {
    if (this.secret === undefined) throw new Error('without a PSK, there are no secrets of the early stage');
    return deriveSecret(this.crypto, this.hash, this.secret, label, transcriptHash);
  }
}

/** The hash of the empty string. FIPS 180-4 */
const NO_MESSAGES: Readonly<Record<HashName, Uint8Array>> = {
  sha256: fromHex('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'),
  sha384: fromHex(
    '38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b',
  ),
  sha512: fromHex(
    'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce' +
      '47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
  ),
};

/** Derive-Secret(HKDF-Extract(0, 0), "derived", ""), by which every handshake without a PSK begins. RFC 8446 §7.1 */
const SALT_WITHOUT_PSK: Readonly<Record<HashName, Uint8Array>> = {
  sha256: fromHex('6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba'),
  sha384: fromHex(
    '1591dac5cbbf0330a4a84de9c753330e92d01f0a88214b4464972fd668049e93e52f2b16fad922fdc0584478428f282b',
  ),
  sha512: fromHex(
    '9f21240de25b0247ff8758c9e3ec82ae312520f2f88a365b76a413de85d97edc' +
      '8a4dc3f0093a900cb81ef2869f50adab10ae2730971c73ef81c5712b80fdfdff',
  ),
};

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
    const secret = deriveSecret(crypto, hash, this.master, label, NO_MESSAGES[hash]);
    return expandLabel(crypto, hash, secret, 'exporter', crypto.hash(hash, context), length);
  }
}
