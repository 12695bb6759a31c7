// Eight blocks to the vectors of their bits, and back.

/** The bits of `b` that change places with those of `a`, `distance` further up. */
function crossing(a: v128, b: v128, distance: i32, mask: i32): v128 {
  return v128.and(v128.xor(i64x2.shr_u(a, distance), b), i8x16.splat(<i8>mask));
}

/**
 * Of the eight vectors at `at`: bit j of each byte of vector i changes places with bit i of that byte of vector j.
 */
export function transposeBits(at: usize): void {
  let a0 = v128.load(at);
  let a1 = v128.load(at, 16);
  let a2 = v128.load(at, 32);
  let a3 = v128.load(at, 48);
  let a4 = v128.load(at, 64);
  let a5 = v128.load(at, 80);
  let a6 = v128.load(at, 96);
  let a7 = v128.load(at, 112);

  let x = crossing(a0, a1, 1, 0x55);
  a1 = v128.xor(a1, x);
  a0 = v128.xor(a0, i64x2.shl(x, 1));
  x = crossing(a2, a3, 1, 0x55);
  a3 = v128.xor(a3, x);
  a2 = v128.xor(a2, i64x2.shl(x, 1));
  x = crossing(a4, a5, 1, 0x55);
  a5 = v128.xor(a5, x);
  a4 = v128.xor(a4, i64x2.shl(x, 1));
  x = crossing(a6, a7, 1, 0x55);
  a7 = v128.xor(a7, x);
  a6 = v128.xor(a6, i64x2.shl(x, 1));

  x = crossing(a0, a2, 2, 0x33);
  a2 = v128.xor(a2, x);
  a0 = v128.xor(a0, i64x2.shl(x, 2));
  x = crossing(a1, a3, 2, 0x33);
  a3 = v128.xor(a3, x);
  a1 = v128.xor(a1, i64x2.shl(x, 2));
  x = crossing(a4, a6, 2, 0x33);
  a6 = v128.xor(a6, x);
  a4 = v128.xor(a4, i64x2.shl(x, 2));
  x = crossing(a5, a7, 2, 0x33);
  a7 = v128.xor(a7, x);
  a5 = v128.xor(a5, i64x2.shl(x, 2));

  x = crossing(a0, a4, 4, 0x0f);
  v128.store(at, v128.xor(a4, x), 64);
  v128.store(at, v128.xor(a0, i64x2.shl(x, 4)));
  x = crossing(a1, a5, 4, 0x0f);
  v128.store(at, v128.xor(a5, x), 80);
  v128.store(at, v128.xor(a1, i64x2.shl(x, 4)), 16);
  x = crossing(a2, a6, 4, 0x0f);
  v128.store(at, v128.xor(a6, x), 96);
  v128.store(at, v128.xor(a2, i64x2.shl(x, 4)), 32);
  x = crossing(a3, a7, 4, 0x0f);
  v128.store(at, v128.xor(a7, x), 112);
  v128.store(at, v128.xor(a3, i64x2.shl(x, 4)), 48);
}
