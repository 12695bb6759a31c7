import type { RandomSource } from '../provider.ts';

/**
 * A private scalar, uniform from 1 to `order` - 1, big-endian, of the order's length: candidates outside are
 * drawn again. Throws an Error when 100 draws give no valid one. FIPS 186-5 §A.2.2
 */
export function drawScalar(random: RandomSource, order: Uint8Array): Uint8Array {
  const scalar = new Uint8Array(order.length);
  for (let draws = 0; draws < 100; draws++) {
    random(scalar);
    if (isScalar(scalar, order)) return scalar;
  }
  throw new Error('the random source yields no usable private key');
}

/** Whether 0 < scalar < order, both big-endian and of the same length. */
function isScalar(scalar: Uint8Array, order: Uint8Array): boolean {
  let isZero = true;
  for (let i = 0; i < scalar.length; i++) isZero &&= scalar[i] === 0;
  if (isZero) return false;
  for (let i = 0; i < order.length; i++) {
    if (scalar[i] !== order[i]) return scalar[i]! < order[i]!;
  }
  return false;
}
