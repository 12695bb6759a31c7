import type { HeaderProtection } from '../../aead.ts';
import { checkKey } from '../../key-length.ts';
import type { AeadName } from '../../suites.ts';
import { type Arena, SAMPLE_AT, SAMPLE_LENGTH } from './arena.ts';
import type { Contexts } from './contexts.ts';
import type { Engine } from './engine.ts';

/** AES-based header protection, whose masks OpenSSL computes with one call each. RFC 9001 §5.4.3 */
export class FfiHeaderProtection implements HeaderProtection {
  readonly mask: Uint8Array;
  private readonly engine: Engine;
  private readonly arena: Arena;
  private readonly contexts: Contexts;
  private readonly number: number;
  private readonly key: Uint8Array;
  private keyAt = 0;

  constructor(engine: Engine, aead: Exclude<AeadName, 'chacha20-poly1305'>, key: Uint8Array) {
    checkKey(aead, key);
    this.engine = engine;
    this.arena = engine.arena;
    this.mask = engine.arena.mask;
    this.contexts = engine.contextsFor(aead === 'aes-128-gcm' ? 'aes-128-ecb' : 'aes-256-ecb', true);
    this.number = engine.nextKey();
    this.key = key.slice();
  }

  compute(buffer: Uint8Array, sampleAt: number): void {
    const { arena, contexts } = this;
    if (!contexts.holds(this.keyAt, this.number)) this.keyAt = contexts.take(this.number, this.key);
    const { bytes, sampleAddress, maskAddress } = arena;
    for (let i = 0; i < SAMPLE_LENGTH; i++) bytes[SAMPLE_AT + i] = buffer[sampleAt + i]!;
    const context = contexts.at(this.keyAt);
    if (this.engine.ssl.EVP_Cipher(context, maskAddress, sampleAddress, SAMPLE_LENGTH) !== SAMPLE_LENGTH)
      throw new Error('OpenSSL does not mask');
  }
}
