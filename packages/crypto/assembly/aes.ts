// AES, bitsliced: eight blocks at a time, bit i of all their bytes in the vector i. No look-up and no branch depends on a
// secret. FIPS 197; the representation is that of Käsper and Schwabe (2009), the S-box that of Boyar and Peralta (2010).

const ROUND_BYTES: usize = 128;

function key(at: usize, i: i32): v128 {
  return v128.load(at + ((<usize>i) << 4));
}

/** ShiftRows. */
function shiftRows(v: v128): v128 {
  return i8x16.swizzle(v, i8x16(0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11));
}

/** Each byte becomes the next one of its column. */
function nextRow(v: v128): v128 {
  return i8x16.swizzle(v, i8x16(1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12));
}

/** Each byte becomes the one after the next of its column. */
function oppositeRow(v: v128): v128 {
  return i8x16.swizzle(v, i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
}

/**
 * Encrypt the eight blocks whose bits are in the 128 bytes at `at`, bit 0 first. `schedule` has the round keys as
 * `writeRoundKey` leaves them; all but the first have the constant of the S-box in them.
 */
export function encryptEight(schedule: usize, rounds: i32, at: usize): void {
  let b0 = v128.xor(v128.load(at), key(schedule, 0));
  let b1 = v128.xor(v128.load(at, 16), key(schedule, 1));
  let b2 = v128.xor(v128.load(at, 32), key(schedule, 2));
  let b3 = v128.xor(v128.load(at, 48), key(schedule, 3));
  let b4 = v128.xor(v128.load(at, 64), key(schedule, 4));
  let b5 = v128.xor(v128.load(at, 80), key(schedule, 5));
  let b6 = v128.xor(v128.load(at, 96), key(schedule, 6));
  let b7 = v128.xor(v128.load(at, 112), key(schedule, 7));
  const last = schedule + <usize>rounds * ROUND_BYTES;
  for (let round = schedule + ROUND_BYTES; ; round += ROUND_BYTES) {
    // SubBytes, but for the constant 0x63. First the linear layer above the inversion:
    const y14 = v128.xor(b4, b2);
    const y13 = v128.xor(b7, b1);
    const y9 = v128.xor(b7, b4);
    const y8 = v128.xor(b7, b2);
    const t0 = v128.xor(b6, b5);
    const y1 = v128.xor(t0, b0);
    const y4 = v128.xor(y1, b4);
    const y12 = v128.xor(y13, y14);
    const y2 = v128.xor(y1, b7);
    const y5 = v128.xor(y1, b1);
    const y3 = v128.xor(y5, y8);
    const t1 = v128.xor(b3, y12);
    const y15 = v128.xor(t1, b2);
    const y20 = v128.xor(t1, b6);
    const y6 = v128.xor(y15, b0);
    const y10 = v128.xor(y15, t0);
    const y11 = v128.xor(y20, y9);
    const y7 = v128.xor(b0, y11);
    const y17 = v128.xor(y10, y11);
    const y19 = v128.xor(y10, y8);
    const y16 = v128.xor(t0, y11);
    const y21 = v128.xor(y13, y16);
    const y18 = v128.xor(b7, y16);
    // The inversion in GF(2^8), over GF(2^4):
    const t2 = v128.and(y12, y15);
    const t4 = v128.xor(v128.and(y3, y6), t2);
    const t6 = v128.xor(v128.and(y4, b0), t2);
    const t7 = v128.and(y13, y16);
    const t9 = v128.xor(v128.and(y5, y1), t7);
    const t11 = v128.xor(v128.and(y2, y7), t7);
    const t12 = v128.and(y9, y11);
    const t14 = v128.xor(v128.and(y14, y17), t12);
    const t16 = v128.xor(v128.and(y8, y10), t12);
    const t21 = v128.xor(v128.xor(t4, t14), y20);
    const t22 = v128.xor(v128.xor(t6, t16), y19);
    const t23 = v128.xor(v128.xor(t9, t14), y21);
    const t24 = v128.xor(v128.xor(t11, t16), y18);
    const t25 = v128.xor(t21, t22);
    const t26 = v128.and(t21, t23);
    const t27 = v128.xor(t24, t26);
    const t29 = v128.xor(v128.and(t25, t27), t22);
    const t30 = v128.xor(t23, t24);
    const t31 = v128.xor(t22, t26);
    const t33 = v128.xor(v128.and(t31, t30), t24);
    const t34 = v128.xor(t23, t33);
    const t35 = v128.xor(t27, t33);
    const t36 = v128.and(t24, t35);
    const t37 = v128.xor(t36, t34);
    const t38 = v128.xor(t27, t36);
    const t40 = v128.xor(t25, v128.and(t29, t38));
    const t41 = v128.xor(t40, t37);
    const t42 = v128.xor(t29, t33);
    const t43 = v128.xor(t29, t40);
    const t44 = v128.xor(t33, t37);
    const t45 = v128.xor(t42, t41);
    const z0 = v128.and(t44, y15);
    const z1 = v128.and(t37, y6);
    const z2 = v128.and(t33, b0);
    const z3 = v128.and(t43, y16);
    const z4 = v128.and(t40, y1);
    const z5 = v128.and(t29, y7);
    const z6 = v128.and(t42, y11);
    const z7 = v128.and(t45, y17);
    const z8 = v128.and(t41, y10);
    const z9 = v128.and(t44, y12);
    const z10 = v128.and(t37, y3);
    const z11 = v128.and(t33, y4);
    const z12 = v128.and(t43, y13);
    const z13 = v128.and(t40, y5);
    const z14 = v128.and(t29, y2);
    const z15 = v128.and(t42, y9);
    const z16 = v128.and(t45, y14);
    const z17 = v128.and(t41, y8);
    // The linear layer below it:
    const t46 = v128.xor(z15, z16);
    const t47 = v128.xor(z10, z11);
    const t48 = v128.xor(z5, z13);
    const t49 = v128.xor(z9, z10);
    const t50 = v128.xor(z2, z12);
    const t51 = v128.xor(z2, z5);
    const t52 = v128.xor(z7, z8);
    const t53 = v128.xor(z0, z3);
    const t54 = v128.xor(z6, z7);
    const t55 = v128.xor(z16, z17);
    const t56 = v128.xor(z12, t48);
    const t57 = v128.xor(t50, t53);
    const t58 = v128.xor(z4, t46);
    const t59 = v128.xor(z3, t54);
    const t60 = v128.xor(t46, t57);
    const t61 = v128.xor(z14, t57);
    const t62 = v128.xor(t52, t58);
    const t63 = v128.xor(t49, t58);
    const t64 = v128.xor(z4, t59);
    const t65 = v128.xor(t61, t62);
    const t66 = v128.xor(z1, t63);
    const s7 = v128.xor(t59, t63);
    const s1 = v128.xor(t56, t62);
    const s0 = v128.xor(t48, t60);
    const t67 = v128.xor(t64, t65);
    const s4 = v128.xor(t53, t66);
    const s3 = v128.xor(t51, t66);
    const s2 = v128.xor(t47, t65);
    const s6 = v128.xor(t64, s4);
    const s5 = v128.xor(t55, t67);

    b0 = shiftRows(s0);
    b1 = shiftRows(s1);
    b2 = shiftRows(s2);
    b3 = shiftRows(s3);
    b4 = shiftRows(s4);
    b5 = shiftRows(s5);
    b6 = shiftRows(s6);
    b7 = shiftRows(s7);
    if (round == last) break;
    // MixColumns: twice the sum with the next row, the next row, and that sum of the opposite row.
    const n0 = nextRow(b0);
    const n1 = nextRow(b1);
    const n2 = nextRow(b2);
    const n3 = nextRow(b3);
    const n4 = nextRow(b4);
    const n5 = nextRow(b5);
    const n6 = nextRow(b6);
    const n7 = nextRow(b7);
    const m0 = v128.xor(b0, n0);
    const m1 = v128.xor(b1, n1);
    const m2 = v128.xor(b2, n2);
    const m3 = v128.xor(b3, n3);
    const m4 = v128.xor(b4, n4);
    const m5 = v128.xor(b5, n5);
    const m6 = v128.xor(b6, n6);
    const m7 = v128.xor(b7, n7);
    b0 = v128.xor(v128.xor(m7, n0), v128.xor(oppositeRow(m0), key(round, 0)));
    b1 = v128.xor(v128.xor(v128.xor(m0, m7), n1), v128.xor(oppositeRow(m1), key(round, 1)));
    b2 = v128.xor(v128.xor(m1, n2), v128.xor(oppositeRow(m2), key(round, 2)));
    b3 = v128.xor(v128.xor(v128.xor(m2, m7), n3), v128.xor(oppositeRow(m3), key(round, 3)));
    b4 = v128.xor(v128.xor(v128.xor(m3, m7), n4), v128.xor(oppositeRow(m4), key(round, 4)));
    b5 = v128.xor(v128.xor(m4, n5), v128.xor(oppositeRow(m5), key(round, 5)));
    b6 = v128.xor(v128.xor(m5, n6), v128.xor(oppositeRow(m6), key(round, 6)));
    b7 = v128.xor(v128.xor(m6, n7), v128.xor(oppositeRow(m7), key(round, 7)));
  }
  v128.store(at, v128.xor(b0, key(last, 0)));
  v128.store(at, v128.xor(b1, key(last, 1)), 16);
  v128.store(at, v128.xor(b2, key(last, 2)), 32);
  v128.store(at, v128.xor(b3, key(last, 3)), 48);
  v128.store(at, v128.xor(b4, key(last, 4)), 64);
  v128.store(at, v128.xor(b5, key(last, 5)), 80);
  v128.store(at, v128.xor(b6, key(last, 6)), 96);
  v128.store(at, v128.xor(b7, key(last, 7)), 112);
}
