import { concatBytes } from '@tsquic/bytes';
import { type Aead, TAG_LENGTH } from '../aead.ts';
import { checkKeyAndIv } from '../key-length.ts';
import { createSoftwareAead } from '../software/aead.ts';
import { type AeadName, IV_LENGTH } from '../suites.ts';
import { type Machine, MOST_HEADER, MOST_PAYLOAD, type Open, type Seal, wasmMachine } from './machine.ts';
import { SlotKey } from './slot-key.ts';

/**
 * An AEAD in WebAssembly with SIMD, in which no branch and no address depends on secrets. In TypeScript where the host has no
 * such WebAssembly, and for packets that are longer than any datagram.
 */
export function createWasmAead(aead: AeadName, key: Uint8Array, iv: Uint8Array): Aead {
  checkKeyAndIv(aead, key, iv);
  const machine = wasmMachine();
  if (machine === undefined) return createSoftwareAead(aead, key, iv);
  return new WasmAead(machine, aead, concatBytes(key, iv));
}

class WasmAead implements Aead {
  private readonly aead: AeadName;
  private readonly machine: Machine;
  private readonly key: SlotKey;
  private readonly runSeal: Seal;
  private readonly runOpen: Open;

  constructor(machine: Machine, aead: AeadName, keyAndIv: Uint8Array) {
    const { run } = machine;
    const isChacha = aead === 'chacha20-poly1305';
    this.aead = aead;
    this.machine = machine;
    this.key = new SlotKey(machine, keyAndIv, isChacha ? writeChachaKey : writeAesKey);
    this.runSeal = isChacha ? run.sealChacha : run.sealAes;
    this.runOpen = isChacha ? run.openChacha : run.openAes;
  }

  seal(
    packetNumber: number,
    buffer: Uint8Array,
    headerAt: number,
    payloadAt: number,
    payloadEnd: number,
  ): void {
    const headerLength = payloadAt - headerAt;
    const payloadLength = payloadEnd - payloadAt;
    if (headerLength > MOST_HEADER || payloadLength > MOST_PAYLOAD)
      return this.forLonger().seal(packetNumber, buffer, headerAt, payloadAt, payloadEnd);
    const { memory, payloadAt: at } = this.machine;
    const address = this.key.address();
    memory.set(buffer.subarray(headerAt, payloadEnd), at - headerLength);
    const high = Math.floor(packetNumber / 2 ** 32);
    this.runSeal(address, high, packetNumber | 0, headerLength, payloadLength);
    buffer.set(memory.subarray(at, at + payloadLength + TAG_LENGTH), payloadAt);
  }

  open(packetNumber: number, buffer: Uint8Array, headerAt: number, payloadAt: number, end: number): boolean {
    const headerLength = payloadAt - headerAt;
    const payloadLength = end - TAG_LENGTH - payloadAt;
    if (payloadLength < 0) return false;
    if (headerLength > MOST_HEADER || payloadLength > MOST_PAYLOAD)
      return this.forLonger().open(packetNumber, buffer, headerAt, payloadAt, end);
    const { memory, payloadAt: at } = this.machine;
    const address = this.key.address();
    memory.set(buffer.subarray(headerAt, end), at - headerLength);
    const high = Math.floor(packetNumber / 2 ** 32);
    if (this.runOpen(address, high, packetNumber | 0, headerLength, payloadLength) === 0) return false;
    buffer.set(memory.subarray(at, at + payloadLength), payloadAt);
    return true;
  }

  private forLonger(): Aead {
    const { bytes } = this.key;
    const ivAt = bytes.length - IV_LENGTH;
    return createSoftwareAead(this.aead, bytes.subarray(0, ivAt), bytes.subarray(ivAt));
  }
}

function writeChachaKey({ memory }: Machine, address: number, keyAndIv: Uint8Array): void {
  memory.set(keyAndIv, address);
}

function writeAesKey({ memory, payloadAt, run }: Machine, address: number, keyAndIv: Uint8Array): void {
  memory.set(keyAndIv, payloadAt);
  run.setAesKey(address, keyAndIv.length - IV_LENGTH);
}
