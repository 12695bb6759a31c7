import type { Arena } from './arena.ts';
import type { CipherName, OpenSsl } from './open-ssl.ts';

/**
 * Contexts of OpenSSL for one cipher and direction, which keys take in turn. There are some only: a key that has lost its context to
 * another is set up again, so that any number of keys may be kept, and dropped without a word.
 */
export class Contexts {
  private readonly ssl: OpenSsl;
  private readonly arena: Arena;
  private readonly cipher: bigint;
  private readonly seals: number;
  private readonly contexts: bigint[] = [];
  /** The key in each context, by number. */
  private readonly keys: Float64Array = new Float64Array(CONTEXT_COUNT);
  private next = 0;

  constructor(ssl: OpenSsl, arena: Arena, cipher: CipherName, seals: boolean) {
    this.ssl = ssl;
    this.arena = arena;
    this.cipher = ssl.ciphers[cipher];
    this.seals = seals ? 1 : 0;
  }

  /** Whether the key with this number is in this place. */
  holds(place: number, number: number): boolean {
    return this.keys[place] === number;
  }

  /** Give a key, with a number of its own from 1 on, the place that was given away longest ago; returns the place. */
  take(number: number, key: Uint8Array): number {
    const { ssl, arena } = this;
    const place = this.next;
    this.next = (place + 1) % CONTEXT_COUNT;
    const context = (this.contexts[place] ??= ssl.EVP_CIPHER_CTX_new());
    // Should this fail, nobody's key is there.
    this.keys[place] = 0;
    arena.key.set(key);
    const isSet = ssl.EVP_CipherInit_ex(context, this.cipher, 0n, arena.keyAddress, 0n, this.seals);
    arena.key.fill(0);
    if (context === 0n || isSet !== 1) throw new Error('OpenSSL does not take a key');
    this.keys[place] = number;
    return place;
  }

  at(place: number): bigint {
    return this.contexts[place]!;
  }
}

const CONTEXT_COUNT = 64;
