import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { concatBytes, toHex } from '@tsquic/bytes';
import { seededRandom } from '@tsquic/testing/seeded';
import type { Aead } from '../aead.ts';
import { createSoftwareAead } from '../software/aead.ts';
import { createSoftwareHeaderProtection } from '../software/header-protection.ts';
import type { AeadName } from '../suites.ts';
import { createWasmAead } from './aead.ts';
import { createWasmHeaderProtection } from './header-protection.ts';
import { MOST_HEADER, MOST_PAYLOAD, SLOT_BYTES, SLOT_COUNT, wasmMachine } from './machine.ts';

const NAMES: readonly AeadName[] = ['aes-128-gcm', 'aes-256-gcm', 'chacha20-poly1305'];
const random = seededRandom(20_261_129);

function drawn(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  random(bytes);
  return bytes;
}

function keyOf(name: AeadName): Uint8Array {
  return drawn(name === 'aes-128-gcm' ? 16 : 32);
}

function sealed(aead: Aead, header: Uint8Array, payload: Uint8Array, number: number): string {
  const buffer = concatBytes(header, payload, new Uint8Array(16));
  aead.seal(number, buffer, 0, header.length, header.length + payload.length);
  return toHex(buffer);
}

test('the module has room for what the host writes to it', () => {
  const { memory, payloadAt, slotsAt } = wasmMachine()!;
  expect(payloadAt - MOST_HEADER).toBeGreaterThanOrEqual(4096);
  // Four blocks of keystream may go beyond the payload, and two lengths.
  expect(slotsAt - payloadAt - MOST_PAYLOAD).toBeGreaterThanOrEqual(256 + 32);
  expect(memory.length).toBeGreaterThanOrEqual(slotsAt + SLOT_COUNT * SLOT_BYTES);
});

describe('keys', () => {
  test('more of them than slots: each keeps its own', () => {
    const aeads = Array.from({ length: 3 * SLOT_COUNT }, (_, i) => {
      const name = NAMES[i % 3]!;
      const [key, iv] = [keyOf(name), drawn(12)];
      return { ours: createWasmAead(name, key, iv), theirs: createSoftwareAead(name, key, iv) };
    });
    for (let turn = 0; turn < 4 * aeads.length; turn++) {
      const [a, b] = drawn(2);
      const { ours, theirs } = aeads[(a! * 256 + b!) % aeads.length]!;
      const [header, payload] = [drawn(turn % 40), drawn(turn % 90)];
      expect(sealed(ours, header, payload, turn)).toBe(sealed(theirs, header, payload, turn));
    }
  });

  test('those of headers share the slots', () => {
    const protections = Array.from({ length: 2 * SLOT_COUNT }, (_, i) => {
      const key = keyOf(NAMES[i % 3]!);
      return [
        createWasmHeaderProtection(NAMES[i % 3]!, key),
        createSoftwareHeaderProtection(NAMES[i % 3]!, key),
      ] as const;
    });
    for (let turn = 0; turn < 3; turn++)
      for (const [ours, theirs] of protections) {
        const sample = drawn(20);
        ours.compute(sample, 4);
        theirs.compute(sample, 4);
        expect(toHex(ours.mask)).toBe(toHex(theirs.mask));
      }
  });

  test.each(NAMES)('%s: keys and IVs of wrong lengths are refused', (name) => {
    expect(() => createWasmAead(name, drawn(17), drawn(12))).toThrow(RangeError);
    expect(() => createWasmAead(name, keyOf(name), drawn(11))).toThrow(RangeError);
    expect(() => createWasmHeaderProtection(name, drawn(17))).toThrow(RangeError);
  });
});

describe.each(NAMES)('%s', (name) => {
  const [key, iv] = [keyOf(name), drawn(12)];
  const ours = createWasmAead(name, key, iv);
  const theirs = createSoftwareAead(name, key, iv);

  test.each([
    [0, 0],
    [MOST_HEADER, MOST_PAYLOAD],
    [MOST_HEADER + 1, 10],
    [10, MOST_PAYLOAD + 1],
  ])('a header of %i bytes and a payload of %i', (headerLength, payloadLength) => {
    const [header, payload] = [drawn(headerLength), drawn(payloadLength)];
    const text = sealed(ours, header, payload, 2 ** 40 + 7);
    expect(text).toBe(sealed(theirs, header, payload, 2 ** 40 + 7));
    const packet = Uint8Array.from(Buffer.from(text, 'hex'));
    expect(ours.open(2 ** 40 + 7, packet, 0, headerLength, packet.length)).toBe(true);
    expect(toHex(packet.subarray(headerLength, -16))).toBe(toHex(payload));
    expect(ours.open(1, packet, 0, headerLength, packet.length)).toBe(false);
  });

  test('every length from 0 to 600 bytes', () => {
    for (let length = 0; length <= 600; length++) {
      const [header, payload] = [drawn(length % 50), drawn(length)];
      expect(sealed(ours, header, payload, length)).toBe(sealed(theirs, header, payload, length));
    }
  });
});

describe('a host without such WebAssembly', () => {
  const host = globalThis as { WebAssembly?: unknown };
  const real = host.WebAssembly;

  afterEach(() => {
    host.WebAssembly = real;
    jest.resetModules();
  });

  test.each([
    ['none', undefined],
    ['one without SIMD', { Module: refuseModule }],
  ])('%s: TypeScript takes its place', async (_title, api) => {
    jest.resetModules();
    host.WebAssembly = api;
    const { createWasmAead: create } = await import('./aead.ts');
    const { createWasmHeaderProtection: createProtection } = await import('./header-protection.ts');
    const [key, iv] = [drawn(32), drawn(12)];
    const aead = create('aes-256-gcm', key, iv);
    expect(aead.constructor.name).toBe('AesGcm');
    expect(sealed(aead, drawn(0), key, 1)).toBe(
      sealed(createSoftwareAead('aes-256-gcm', key, iv), drawn(0), key, 1),
    );
    expect(createProtection('aes-128-gcm', drawn(16)).constructor.name).toBe('AesHeaderProtection');
  });
});

function refuseModule(): never {
  throw new Error('invalid opcode');
}
