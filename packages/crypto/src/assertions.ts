import { toHex } from '@tsquic/bytes';

export function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not as promised: ${what}`);
}

export function expectHex(bytes: Uint8Array, hex: string, what: string): void {
  if (toHex(bytes) !== hex) throw new Error(`${what}: ${toHex(bytes)}, not ${hex}`);
}

export function expectSame(a: Uint8Array, b: Uint8Array, from: number, end: number, what: string): void {
  expectHex(a.subarray(from, end), toHex(b.subarray(from, end)), what);
}

export function expectThrow(run: () => void, what: string): void {
  let threw = false;
  try {
    run();
  } catch (error) {
    threw = error instanceof Error;
  }
  expect(threw, `an Error for ${what}`);
}
