import type { BlockCipher } from '../block-cipher.ts';
import { AesBlock } from './aes-block.ts';

/** AES-128 of single blocks, as for `CryptoProvider.createBlockCipher`; the key schedule is kept. */
export function createSoftwareBlockCipher(key: Uint8Array): BlockCipher {
  if (key.length !== 16) throw new RangeError(`a key of AES-128 has 16 bytes, not ${key.length}`);
  const aes = new AesBlock(key);
  const words = new Uint32Array(4);
  return {
    encrypt(block) {
      readWords(block, words);
      aes.encrypt(words);
      writeWords(words, block);
    },
    decrypt(block) {
      readWords(block, words);
      aes.decrypt(words);
      writeWords(words, block);
    },
  };
}

function readWords(block: Uint8Array, words: Uint32Array): void {
  if (block.length !== 16) throw new RangeError(`a block of AES has 16 bytes, not ${block.length}`);
  const view = new DataView(block.buffer, block.byteOffset, 16);
  for (let i = 0; i < 4; i++) words[i] = view.getUint32(4 * i);
}

function writeWords(words: Uint32Array, block: Uint8Array): void {
  const view = new DataView(block.buffer, block.byteOffset, 16);
  for (let i = 0; i < 4; i++) view.setUint32(4 * i, words[i]!);
}
