import type { HeaderProtection } from '../aead.ts';
import { checkKey } from '../key-length.ts';
import type { AeadName } from '../suites.ts';
import { AesBlock } from './aes-block.ts';
import { chachaBlock, createChachaState, littleEndianWord } from './chacha-block.ts';

/**
 * Header protection in TypeScript; the key schedule is kept. It takes a fifth of the time of a call into a
 * native library for one block. RFC 9001 §5.4
 */
export function createSoftwareHeaderProtection(aead: AeadName, key: Uint8Array): HeaderProtection {
  checkKey(aead, key);
  return aead === 'chacha20-poly1305' ? new ChachaHeaderProtection(key) : new AesHeaderProtection(key);
}

/** AES-based header protection, RFC 9001 §5.4.3. */
class AesHeaderProtection implements HeaderProtection {
  readonly mask: Uint8Array = MASK;
  private readonly block: AesBlock;

  constructor(key: Uint8Array) {
    this.block = new AesBlock(key);
  }

  compute(buffer: Uint8Array, sampleAt: number): void {
    const words = WORDS;
    for (let i = 0, at = sampleAt; i < 4; i++, at += 4) {
      words[i] = (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
    }
    this.block.encrypt(words);
    const first = words[0]!;
    const mask = this.mask;
    mask[0] = first >>> 24;
    mask[1] = first >>> 16;
    mask[2] = first >>> 8;
    mask[3] = first;
    mask[4] = words[1]! >>> 24;
  }
}

/** ChaCha20-based header protection, RFC 9001 §5.4.4: the sample is the block counter and the nonce. */
class ChachaHeaderProtection implements HeaderProtection {
  readonly mask: Uint8Array = MASK;
  private readonly state: Uint32Array;

  constructor(key: Uint8Array) {
    this.state = createChachaState(key);
  }

  compute(buffer: Uint8Array, sampleAt: number): void {
    const state = this.state;
    for (let i = 0; i < 4; i++) state[12 + i] = littleEndianWord(buffer, sampleAt + 4 * i);
    chachaBlock(state, WORDS);
    const first = WORDS[0]!;
    const mask = this.mask;
    mask[0] = first;
    mask[1] = first >>> 8;
    mask[2] = first >>> 16;
    mask[3] = first >>> 24;
    mask[4] = WORDS[1]!;
  }
}

/** All keys share one mask, which is used before the next one is computed. */
const MASK = new Uint8Array(5);
const WORDS = new Uint32Array(16);
