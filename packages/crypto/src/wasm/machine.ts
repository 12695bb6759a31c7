import { fromHex } from '@tsquic/bytes';
import { MODULE_HEX } from './module-hex.ts';

/** What the module of packages/crypto/assembly exports. Packet numbers are two words of 32 bits. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly PAYLOAD: { readonly value: number };
  readonly SLOTS: { readonly value: number };
  sealAes: Seal;
  openAes: Open;
  sealChacha: Seal;
  openChacha: Open;
  setAesKey(slot: number, keyLength: number): void;
  setMaskKey(slot: number, keyLength: number): void;
  encryptBlock(slot: number): void;
}

/** Seal the payload in the module's memory, behind a header of so many bytes. */
export type Seal = (
  slot: number,
  numberHigh: number,
  numberLow: number,
  headerLength: number,
  payloadLength: number,
) => void;

/** Open it; 0 when the tag does not fit. */
export type Open = (...args: Parameters<Seal>) => number;

/** The one instance of the module: its functions, and its memory. */
export interface Machine {
  readonly run: Exports;
  readonly memory: Uint8Array;
  /** Where payloads begin; the header lies before, and the tag behind. */
  readonly payloadAt: number;
  /** Where the first slot for a key begins. */
  readonly slotsAt: number;
}

/** Bytes of headers and payloads that the module has room for. */
export const MOST_HEADER = 2048;
export const MOST_PAYLOAD = 65_536;
export const SLOT_BYTES = 4352;
export const SLOT_COUNT = 64;

/** The part of the JavaScript API of WebAssembly that is needed here, which the libraries of TypeScript have among those of browsers. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

let machine: Machine | undefined | false = false;

/** The instance, made at first use; undefined where there is no WebAssembly, or none with SIMD. */
export function wasmMachine(): Machine | undefined {
  if (machine === false) machine = createMachine();
  return machine;
}

function createMachine(): Machine | undefined {
  const api = (globalThis as { readonly WebAssembly?: WebAssemblyApi }).WebAssembly;
  if (api === undefined) return undefined;
  try {
    const run = new api.Instance(new api.Module(fromHex(MODULE_HEX)), {}).exports as Exports;
    const memory = new Uint8Array(run.memory.buffer);
    return { run, memory, payloadAt: run.PAYLOAD.value, slotsAt: run.SLOTS.value };
  } catch {
    return undefined;
  }
}
