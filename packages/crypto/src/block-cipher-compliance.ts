import { fromHex, toHex } from '@tsquic/bytes';
import { expectHex, expectThrow } from './assertions.ts';
import { countingRandom, type ProviderFactory } from './predictable-random.ts';

/** Checks that a provider's block cipher is AES-128. */
export function enciphersBlocks(createProvider: ProviderFactory): void {
  const provider = createProvider(countingRandom());
  const key = fromHex('000102030405060708090a0b0c0d0e0f');
  const cipher = provider.createBlockCipher(key);
  key.fill(0);
  // The block is a view into a longer buffer, whose other bytes must not change.
  const buffer = new Uint8Array(20);
  const block = buffer.subarray(3, 19);
  block.set(fromHex('00112233445566778899aabbccddeeff'));
  cipher.encrypt(block);
  expectHex(buffer, '00000069c4e0d86a7b0430d8cdb78070b4c55a00', 'a block of FIPS 197 C.1');
  cipher.decrypt(block);
  expectHex(block, '00112233445566778899aabbccddeeff', 'the block in the clear');
  const random = new Uint8Array(16);
  for (let round = 0; round < 50; round++) {
    provider.random(random);
    const copy = random.slice();
    cipher.encrypt(copy);
    cipher.decrypt(copy);
    expectHex(copy, toHex(random), 'a block there and back');
  }
  for (const length of [0, 15, 17, 32]) {
    expectThrow(() => provider.createBlockCipher(new Uint8Array(length)), `a key of ${length} bytes`);
    expectThrow(() => cipher.encrypt(new Uint8Array(length)), `a block of ${length} bytes`);
    expectThrow(() => cipher.decrypt(new Uint8Array(length)), `a block of ${length} bytes`);
  }
}
