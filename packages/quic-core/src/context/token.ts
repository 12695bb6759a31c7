import { ByteReader, ByteWriter, toHex } from '@tsquic/bytes';
import type { RememberedPath } from '@tsquic/congestion';
import { type CryptoProvider, IV_LENGTH, TAG_LENGTH } from '@tsquic/crypto';
import { utf8 } from '../connection/close-state.ts';
import type { Address } from './address.ts';
import { RotatingKey } from './rotating-key.ts';
import { UsedTokens } from './used-tokens.ts';

const RETRY = 1;
const NEW = 2;
const RETRY_LIFE_US = 10_000_000;
const NEW_LIFE_US = 24 * 3600 * 1_000_000;
/** How far the clocks of servers that share a key may be apart. */
const CLOCK_SKEW_US = 10_000_000;
/** A remembered path: two numbers of eight bytes. */
const PATH_LENGTH = 16;
const NOTHING = new Uint8Array(0);

/** What a valid token proves. */
export interface TokenContent {
  /** Destination of the client's first Initial, when the token came in a Retry. */
  readonly originalDestination: Uint8Array | undefined;
  /** What an earlier connection learned about the path to this client, when the token came in NEW_TOKEN. */
  readonly remembered: RememberedPath | undefined;
}

/**
 * Address validation tokens: sealed with a key of this context, or one that servers share, and bound to the client's
 * address and to time.
 * RFC 9000 §8.1.2 to §8.1.4
 */
export class Tokens {
  private readonly crypto: CryptoProvider;
  private readonly key: RotatingKey;
  private readonly unixTimeAtZeroUs: number;
  private readonly used = new UsedTokens(NEW_LIFE_US, CLOCK_SKEW_US);

  /**
   * @param key - 16 bytes that servers share to accept each other's tokens. Default: random, and new every day.
   * @param unixTimeAtZeroUs - what the times of calls count from: those who share a key share no other clock.
   */
  constructor(crypto: CryptoProvider, key?: Uint8Array, unixTimeAtZeroUs = 0) {
    this.crypto = crypto;
    this.key = new RotatingKey(crypto, key);
    this.unixTimeAtZeroUs = unixTimeAtZeroUs;
  }

  /** Seal with another key from now on; what the last one sealed still opens. */
  rotate(key?: Uint8Array): void {
    this.key.rotate(key);
  }

  /** A token for a Retry from `retrySource`: good for this address and port, and for ten seconds. */
  createRetry(
    client: Address,
    originalDestination: Uint8Array,
    retrySource: Uint8Array,
    nowUs: number,
  ): Uint8Array {
    return this.seal(RETRY, retryBinding(client, retrySource), originalDestination, nowUs);
  }

  /** A token for NEW_TOKEN: good for this IP, and for a day. It remembers what is known of the path there. */
  createNew(client: Address, nowUs: number, remembered?: RememberedPath): Uint8Array {
    return this.seal(NEW, client.ip, remembered === undefined ? NOTHING : encodePath(remembered), nowUs);
  }

  /**
   * What the token proves, coming in a packet to `destination`; 'invalid' for a Retry token of ours that does not
   * hold, undefined for anything else.
   */
  open(
    token: Uint8Array,
    client: Address,
    destination: Uint8Array,
    nowUs: number,
  ): TokenContent | 'invalid' | undefined {
    if (token.length < 1 + IV_LENGTH + TAG_LENGTH) return undefined;
    const payloadAt = 1 + IV_LENGTH;
    const copy = this.unseal(token, nowUs);
    if (copy === undefined) return undefined;
    const reader = new ByteReader(copy, payloadAt, copy.length - TAG_LENGTH);
    const createdUs = reader.varint();
    const content = reader.copy(reader.u8());
    const binding = reader.copy(reader.remaining);
    const isRetry = copy[0] === RETRY;
    const expected = utf8(isRetry ? retryBinding(client, destination) : client.ip);
    const ageUs = this.unixTimeAtZeroUs + nowUs - createdUs;
    const fresh = ageUs >= -CLOCK_SKEW_US && ageUs <= (isRetry ? RETRY_LIFE_US : NEW_LIFE_US);
    const matches = binding.length === expected.length && binding.every((byte, i) => byte === expected[i]);
    if (!fresh || !matches) return isRetry ? 'invalid' : undefined;
    if (isRetry) return { originalDestination: content, remembered: undefined };
    const unixUs = this.unixTimeAtZeroUs + nowUs;
    if (!this.used.use(copy.subarray(1, payloadAt), createdUs, unixUs)) return undefined;
    return { originalDestination: undefined, remembered: decodePath(content) };
  }

  /** The token with its payload in the clear; undefined when neither of our keys sealed it. */
  private unseal(token: Uint8Array, nowUs: number): Uint8Array | undefined {
    const payloadAt = 1 + IV_LENGTH;
    for (const key of this.key.opening(nowUs)) {
      const copy = token.slice();
      const aead = this.crypto.createAead('aes-128-gcm', key, copy.slice(1, payloadAt));
      if (aead.open(0, copy, 0, payloadAt, copy.length)) return copy;
    }
    return undefined;
  }

  private seal(kind: number, binding: string, content: Uint8Array, nowUs: number): Uint8Array {
    const iv = new Uint8Array(IV_LENGTH);
    this.crypto.random(iv);
    const bound = utf8(binding);
    const out = new Uint8Array(1 + IV_LENGTH + 8 + 1 + content.length + bound.length + TAG_LENGTH);
    const writer = new ByteWriter(out);
    writer.u8(kind);
    writer.bytes(iv);
    writer.varintOf(this.unixTimeAtZeroUs + nowUs, 8);
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

/** Whom a Retry was for, and which ID it came from: what follows must go there. */
function retryBinding(client: Address, retrySource: Uint8Array): string {
  return `${client.ip} ${client.port} ${toHex(retrySource)}`;
}
