import { ByteReader, ByteWriter, decodeUtf8, encodeUtf8, toHex } from '@tsquic/bytes';
import type { RememberedPath } from '@tsquic/congestion';
import { type CryptoProvider, IV_LENGTH, TAG_LENGTH } from '@tsquic/crypto';
import type { Address } from '../path/address.ts';
import { VERSION_1 } from '../version/versions.ts';
import { RotatingKey } from './rotating-key.ts';
import { UsedTokens } from './used-tokens.ts';

const RETRY = 1;
const NEW = 2;
const RETRY_LIFE_US = 10_000_000;
const NEW_LIFE_US = 24 * 3600 * 1_000_000;
/** How far the clocks of servers that share a key may differ. */
const CLOCK_SKEW_US = 10_000_000;
/**
 * Addresses that a token names at most, the first ones: with eight, a token has no more bytes than clients of ours keep.
 * draft-ietf-quic-multipath §3.1.4
 */
const MAX_ADDRESSES = 8;
/** Length of a remembered path: two numbers of eight bytes. */
const PATH_LENGTH = 16;
const NOTHING = new Uint8Array(0);

/** The content of a valid token. */
export interface TokenContent {
  /** Destination Connection ID of the client's first Initial packet, when the token came in a Retry. */
  readonly originalDestination: Uint8Array | undefined;
  /** What an earlier connection measured on the path to this client, when the token came in NEW_TOKEN. */
  readonly remembered: RememberedPath | undefined;
  /** What identifies a token that may be used only once. */
  readonly single: { readonly nonce: Uint8Array; readonly createdUs: number } | undefined;
}

/**
 * Address validation tokens, sealed with a key of this context or one that servers share, and bound to the
 * client's address, to a lifetime, and to the version of the connection. RFC 9000 §8.1.2, §8.1.3, §8.1.4,
 * RFC 9369 §5
 */
export class Tokens {
  private readonly crypto: CryptoProvider;
  private readonly key: RotatingKey;
  private readonly unixTimeAtZeroUs: number;
  private readonly used = new UsedTokens(NEW_LIFE_US, CLOCK_SKEW_US);

  /**
   * @param key - 16 bytes, which servers share to accept each other's tokens. Default: random, and new every
   * day.
   * @param unixTimeAtZeroUs - the Unix time at time 0 of the calls: servers that share a key need a common
   * clock.
   */
  constructor(crypto: CryptoProvider, key?: Uint8Array, unixTimeAtZeroUs = 0) {
    this.crypto = crypto;
    this.key = new RotatingKey(crypto, key);
    this.unixTimeAtZeroUs = unixTimeAtZeroUs;
  }

  /** Seal with another key from now on; tokens that the last one sealed are still accepted. */
  rotate(key?: Uint8Array): void {
    this.key.rotate(key);
  }

  /** A token for a Retry from `retrySource`, valid for this address and port and for ten seconds. */
  createRetry(
    client: Address,
    originalDestination: Uint8Array,
    retrySource: Uint8Array,
    nowUs: number,
    version: number = VERSION_1.id,
  ): Uint8Array {
    return this.seal(RETRY, retryBinding(client, retrySource), originalDestination, nowUs, version);
  }

  /**
   * A token for NEW_TOKEN, valid for the IPs of these addresses and for a day. It stores what the connection has measured on
   * the path to the first one. draft-ietf-quic-multipath §3.1.4
   */
  createNew(
    clients: readonly Address[],
    nowUs: number,
    remembered?: RememberedPath,
    version: number = VERSION_1.id,
  ): Uint8Array {
    const content = remembered === undefined ? NOTHING : encodePath(remembered);
    const ips = [...new Set(clients.map(({ ip }) => ip))].slice(0, MAX_ADDRESSES);
    return this.seal(NEW, ips.join(' '), content, nowUs, version);
  }

  /**
   * Open a token that came in a packet of this version to `destination`. Returns its content; 'invalid' for a
   * Retry token of ours that is not valid here; 'other-version' for one of another version (RFC 9369 §4.1);
   * undefined for anything else. The token is not used up yet, because the packet may be forged.
   */
  open(
    token: Uint8Array,
    client: Address,
    destination: Uint8Array,
    nowUs: number,
    version: number = VERSION_1.id,
  ): TokenContent | 'invalid' | 'other-version' | undefined {
    if (token.length < 1 + IV_LENGTH + TAG_LENGTH) return undefined;
    const payloadAt = 1 + IV_LENGTH;
    const copy = this.unseal(token, nowUs);
    if (copy === undefined) return undefined;
    const reader = new ByteReader(copy, payloadAt, copy.length - TAG_LENGTH);
    const createdUs = reader.varint();
    const itsVersion = reader.u32();
    const content = reader.copy(reader.u8());
    const binding = decodeUtf8(reader.copy(reader.remaining));
    const isRetry = copy[0] === RETRY;
    // A Retry token has one binding, which has spaces in it.
    const bindings = isRetry ? [binding] : binding.split(' ');
    const expected = isRetry ? retryBinding(client, destination) : client.ip;
    const ageUs = this.unixTimeAtZeroUs + nowUs - createdUs;
    const fresh = ageUs >= -CLOCK_SKEW_US && ageUs <= (isRetry ? RETRY_LIFE_US : NEW_LIFE_US);
    if (!fresh || !bindings.includes(expected)) return isRetry ? 'invalid' : undefined;
    if (itsVersion !== version) return isRetry ? 'other-version' : undefined;
    if (isRetry) return { originalDestination: content, remembered: undefined, single: undefined };
    const single = { nonce: copy.subarray(1, payloadAt), createdUs };
    const remembered = bindings[0] === expected ? decodePath(content) : undefined;
    return { originalDestination: undefined, remembered, single };
  }

  /** Use a token up; returns false when it may be used only once and was used before. RFC 9000 §8.1.4 */
  use({ single }: TokenContent, nowUs: number): boolean {
    return (
      single === undefined || this.used.use(single.nonce, single.createdUs, this.unixTimeAtZeroUs + nowUs)
    );
  }

  /** The token with its decrypted payload; undefined when neither key sealed it. */
  private unseal(token: Uint8Array, nowUs: number): Uint8Array | undefined {
    const payloadAt = 1 + IV_LENGTH;
    for (const key of this.key.opening(nowUs)) {
      const copy = token.slice();
      const aead = this.crypto.createAead('aes-128-gcm', key, copy.slice(1, payloadAt));
      if (aead.open(0, copy, 0, payloadAt, copy.length)) return copy;
    }
    return undefined;
  }

  private seal(
    kind: number,
    binding: string,
    content: Uint8Array,
    nowUs: number,
    version: number,
  ): Uint8Array {
    const iv = new Uint8Array(IV_LENGTH);
    this.crypto.random(iv);
    const bound = encodeUtf8(binding);
    const out = new Uint8Array(1 + IV_LENGTH + 8 + 4 + 1 + content.length + bound.length + TAG_LENGTH);
    const writer = new ByteWriter(out);
    writer.u8(kind);
    writer.bytes(iv);
    writer.varintOf(this.unixTimeAtZeroUs + nowUs, 8);
    writer.u32(version);
    writer.u8(content.length);
    writer.bytes(content);
    writer.bytes(bound);
    const aead = this.crypto.createAead('aes-128-gcm', this.key.sealing(nowUs), iv);
    aead.seal(0, out, 0, 1 + IV_LENGTH, writer.position);
    return out;
  }
}

function encodePath({ rttUs, windowBytes }: RememberedPath): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(PATH_LENGTH));
  writer.varintOf(Math.round(rttUs), 8);
  writer.varintOf(Math.round(windowBytes), 8);
  return writer.buffer;
}

function decodePath(content: Uint8Array): RememberedPath | undefined {
  if (content.length !== PATH_LENGTH) return undefined;
  const reader = new ByteReader(content);
  return { rttUs: reader.varint(), windowBytes: reader.varint() };
}

/**
 * The client's address and the connection ID of a Retry, to which the client's next Initial packet must
 * match.
 */
function retryBinding(client: Address, retrySource: Uint8Array): string {
  return `${client.ip} ${client.port} ${toHex(retrySource)}`;
}
