import type { HeaderProtection } from '../aead.ts';
import { checkKey } from '../key-length.ts';
import { createSoftwareHeaderProtection } from '../software/header-protection.ts';
import type { AeadName } from '../suites.ts';
import { type Machine, wasmMachine } from './machine.ts';
import { SlotKey } from './slot-key.ts';

/**
 * Header protection in which no address depends on secrets: AES in WebAssembly, ChaCha20 in TypeScript, which needs no
 * look-ups. RFC 9001 §5.4
 */
export function createWasmHeaderProtection(aead: AeadName, key: Uint8Array): HeaderProtection {
  const machine = wasmMachine();
  if (machine === undefined || aead === 'chacha20-poly1305') return createSoftwareHeaderProtection(aead, key);
  checkKey(aead, key);
  return new AesHeaderProtection(machine, key.slice());
}

/** AES-based header protection, RFC 9001 §5.4.3. */
class AesHeaderProtection implements HeaderProtection {
  readonly mask: Uint8Array;
  private readonly machine: Machine;
  private readonly key: SlotKey;

  constructor(machine: Machine, key: Uint8Array) {
    const { memory, payloadAt } = machine;
    this.machine = machine;
    this.mask = memory.subarray(payloadAt, payloadAt + MASK_LENGTH);
    this.key = new SlotKey(machine, key, writeKey);
  }

  compute(buffer: Uint8Array, sampleAt: number): void {
    const { memory, payloadAt, run } = this.machine;
    const address = this.key.address();
    for (let i = 0; i < SAMPLE_LENGTH; i++) memory[payloadAt + i] = buffer[sampleAt + i]!;
    run.encryptBlock(address);
  }
}

const SAMPLE_LENGTH = 16;
const MASK_LENGTH = 5;

function writeKey({ memory, payloadAt, run }: Machine, address: number, key: Uint8Array): void {
  memory.set(key, payloadAt);
  run.setMaskKey(address, key.length);
}
