import { performance } from 'node:perf_hooks';
import type { AeadName } from '../suites.ts';
import type { CryptoProvider } from '../provider.ts';
import { createNobleProvider } from '../noble/provider.ts';
import { createWasmProvider } from '../wasm/provider.ts';
import { createFfiProvider, hasFfiAead } from './ffi/provider.ts';
import { createNodeProvider } from './provider.ts';

// Microseconds per operation on one packet. Name one provider to keep the call sites of the other from
// slowing it: `node -C tsquic-src --import ./tools/ts.mjs packages/crypto/src/node/aead.bench.ts node`.

const NAMES: readonly AeadName[] = ['aes-128-gcm', 'aes-256-gcm', 'chacha20-poly1305'];
/** A short header with an ID of 8 bytes and a packet number of 4. */
const HEADER = 13;
const SIZES = [40, 200, 600, 1000, 1350, 3000, 9000];
const ROUNDS = 7;

/** The median of seven rounds, in microseconds per call. */
function measureUs(count: number, run: (packetNumber: number) => void): number {
  for (let i = 0; i < count; i++) run(i);
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    globalThis.gc?.();
    const start = performance.now();
    for (let i = 0; i < count; i++) run(i);
    samples.push(((performance.now() - start) * 1000) / count);
  }
  return samples.sort((a, b) => a - b)[ROUNDS >> 1]!;
}

function measureProvider(provider: CryptoProvider): void {
  for (const name of NAMES) {
    const key = new Uint8Array(name === 'aes-128-gcm' ? 16 : 32).fill(1);
    const aead = provider.createAead(name, key, new Uint8Array(12).fill(2));
    const results: string[] = [];
    for (const size of SIZES) {
      const buffer = new Uint8Array(16_384);
      const end = HEADER + size - 16;
      const sealUs = measureUs(4000, (number) => aead.seal(number, buffer, 0, HEADER, end));
      // Opening overwrites the packet, so every round opens a copy, whose cost is part of the figure.
      aead.seal(7, buffer, 0, HEADER, end);
      const scratch = new Uint8Array(16_384);
      const openUs = measureUs(4000, () => {
        scratch.set(buffer);
        if (!aead.open(7, scratch, 0, HEADER, end + 16)) throw new Error('did not open');
      });
      buffer[HEADER]! ^= 1;
      const forgedUs = measureUs(1000, () => {
        if (aead.open(7, buffer, 0, HEADER, end + 16)) throw new Error('opened a forgery');
        buffer[HEADER]! ^= 1;
        buffer[end]! ^= 1;
      });
      results.push(
        `${size} B: seal ${sealUs.toFixed(2)} open ${openUs.toFixed(2)} forged ${forgedUs.toFixed(2)}`,
      );
    }
    const protection = provider.createHeaderProtection(name, key);
    const sample = new Uint8Array(64).fill(3);
    const maskUs = measureUs(100_000, (number) => protection.compute(sample, number & 31));
    console.log(`${provider.name} ${name}: ${results.join('; ')}; mask ${maskUs.toFixed(3)} µs`);
  }
}

const wanted = process.argv[2];
const fill = (out: Uint8Array): void => void out.fill(1);
for (const provider of [
  createNodeProvider(),
  createNobleProvider({ random: fill }),
  createWasmProvider({ random: fill }),
  ...(hasFfiAead() ? [createFfiProvider()] : []),
]) {
  if (wanted === undefined || wanted === provider.name) measureProvider(provider);
}
