import { concatBytes } from '@tsquic/bytes';
import type { Aead } from '../aead.ts';
import { checkKeyAndIv } from '../key-length.ts';
import { type AeadName, CHACHA_FIRST, CIPHER_SUITES, type CipherSuite, IV_LENGTH } from '../suites.ts';
import { createWasmAead } from '../wasm/aead.ts';
import { wasmMachine } from '../wasm/machine.ts';
import { NodeAesGcm } from './aes-gcm.ts';
import { fastHeaderLength } from './ffi/aead.ts';
import { createFfiAead, hasFfiAead } from './ffi/ciphers.ts';

/**
 * What is fastest on this runtime, as docs/performance.md has it. Short packets go through WebAssembly, because there a cipher object
 * or a few native calls cost more than the cipher; long ones through OpenSSL, by node:ffi where it is there, and by node:crypto for
 * AES-GCM elsewhere.
 */
export function createNodeAead(aead: AeadName, key: Uint8Array, iv: Uint8Array): Aead {
  const choice = choiceOf(aead);
  if (choice.limit === Infinity) return createWasmAead(aead, key, iv);
  checkKeyAndIv(aead, key, iv);
  return choice.limit === 0
    ? choice.createLong(aead, key, iv.slice())
    : new AeadBySize(aead, concatBytes(key, iv), choice);
}

/** The same without a wanted length of headers, which differs from host to host: so that runs with a seed write the same packets on all. */
export function createReproducibleAead(aead: AeadName, key: Uint8Array, iv: Uint8Array): Aead {
  checkKeyAndIv(aead, key, iv);
  return new AeadBySize(aead, concatBytes(key, iv), { ...choiceOf(aead), headerLength: undefined });
}

/**
 * All suites, the fastest of this runtime first: AES by node:ffi, and in Bun, whose cipher objects cost next to nothing; ChaCha20 where
 * WebAssembly seals most packets.
 */
export function fastSuites(): readonly CipherSuite[] {
  const isAesFast = SHORT_PACKET === 0 || wasmMachine() === undefined || hasFfiAead();
  return isAesFast ? CIPHER_SUITES : CHACHA_FIRST;
}

type CreateAead = (aead: AeadName, key: Uint8Array, iv: Uint8Array) => Aead;

/** What seals packets from `limit` bytes on, the tag counted when they are opened; WebAssembly seals shorter ones. */
interface Choice {
  readonly limit: number;
  readonly createLong: CreateAead;
  readonly headerLength?: number | undefined;
}

function choiceOf(aead: AeadName): Choice {
  const hasWasm = wasmMachine() !== undefined;
  if (hasFfiAead()) {
    const limit = hasWasm ? SHORT_FOR_FFI[aead] : 0;
    return { limit, createLong: createFfiAead, headerLength: fastHeaderLength(aead) };
  }
  // Without SIMD, `createWasmAead` gives the cipher in TypeScript.
  if (aead === 'chacha20-poly1305') return { limit: Infinity, createLong: createWasmAead };
  const createLong: CreateAead = (_aead, key, iv) => new NodeAesGcm(aead, key, iv);
  return { limit: hasWasm ? SHORT_PACKET : 0, createLong };
}

/**
 * Bytes below which AES-GCM is quicker in WebAssembly than by node:crypto, what that leaves to the collector of garbage counted: none
 * in Bun, all in Deno.
 */
const SHORT_PACKET = shortPacket(process.versions as { readonly bun?: string; readonly deno?: string });

function shortPacket({ bun, deno }: { readonly bun?: string; readonly deno?: string }): number {
  if (bun !== undefined) return 0;
  return deno === undefined ? 3000 : Infinity;
}

/** Bytes below which a suite is quicker in WebAssembly than by native calls, which leave nothing to the collector. */
const SHORT_FOR_FFI: Readonly<Record<AeadName, number>> = {
  'aes-128-gcm': 250,
  'aes-256-gcm': 250,
  'chacha20-poly1305': 2000,
};

/** A key of which either form is made when the first packet of its size comes. */
class AeadBySize implements Aead {
  readonly headerLength: number | undefined;
  private readonly aead: AeadName;
  private readonly keyAndIv: Uint8Array;
  private readonly limit: number;
  private readonly createLong: CreateAead;
  private short: Aead | undefined;
  private long: Aead | undefined;

  constructor(aead: AeadName, keyAndIv: Uint8Array, { limit, createLong, headerLength }: Choice) {
    this.aead = aead;
    this.headerLength = headerLength;
    this.keyAndIv = keyAndIv;
    this.limit = limit;
    this.createLong = createLong;
  }

  seal(
    packetNumber: number,
    buffer: Uint8Array,
    headerAt: number,
    payloadAt: number,
    payloadEnd: number,
  ): void {
    this.forLength(payloadEnd - payloadAt).seal(packetNumber, buffer, headerAt, payloadAt, payloadEnd);
  }

  open(packetNumber: number, buffer: Uint8Array, headerAt: number, payloadAt: number, end: number): boolean {
    return this.forLength(end - payloadAt).open(packetNumber, buffer, headerAt, payloadAt, end);
  }

  private forLength(length: number): Aead {
    if (length < this.limit) return (this.short ??= this.create(createWasmAead));
    return (this.long ??= this.create(this.createLong));
  }

  private create(create: CreateAead): Aead {
    const { aead, keyAndIv } = this;
    const ivAt = keyAndIv.length - IV_LENGTH;
    return create(aead, keyAndIv.subarray(0, ivAt), keyAndIv.subarray(ivAt));
  }
}
