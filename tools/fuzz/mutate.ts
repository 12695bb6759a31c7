import type { Random } from '@tsquic/simulator';

/** Bytes and varints at the edges of their ranges. RFC 9000 §16 */
const EDGES: readonly (readonly number[])[] = [
  [0],
  [1],
  [0x3f],
  [0x40],
  [0x7f],
  [0x80],
  [0xff],
  [0x7f, 0xff],
  [0x80, 0, 0x40, 0],
  [0xbf, 0xff, 0xff, 0xff],
  [0xc0, 0, 0, 0, 0, 0, 0, 1],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
];
const LONGEST = 4096;

/** A mutation of `input`, sometimes with a part of `other`: a few changes, usually one. */
export function mutate(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let bytes = input;
  do bytes = change(bytes, other, random);
  while (random.chance(0.4));
  return bytes.length > LONGEST ? bytes.slice(0, LONGEST) : bytes;
}

function change(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const at = random.integer(bytes.length + 1);
  const length = 1 + random.integer(random.chance(0.7) ? 8 : 64);
  const copy = bytes.slice();
  switch (random.integer(8)) {
    case 0:
      if (at < copy.length) copy[at] = copy[at]! ^ (1 << random.integer(8));
      return copy;
    case 1:
      if (at < copy.length) copy[at] = random.integer(256);
      return copy;
    case 2:
      if (at < copy.length) copy[at] = copy[at]! + (random.chance(0.5) ? 1 : -1);
      return copy;
    case 3:
      return splice(bytes, at, 0, bytes.slice(at, at + length));
    case 4:
      return splice(bytes, at, length, new Uint8Array(0));
    case 5: {
      const edge = Uint8Array.from(EDGES[random.integer(EDGES.length)]!);
      return splice(bytes, at, random.chance(0.5) ? edge.length : 0, edge);
    }
    case 6: {
      const from = random.integer(other.length + 1);
      return splice(bytes, at, random.chance(0.5) ? length : 0, other.slice(from, from + length));
    }
    default: {
      const noise = new Uint8Array(length);
      random.fillBytes(noise);
      return splice(bytes, at, random.chance(0.5) ? length : 0, noise);
    }
  }
}

/** Replace `count` bytes at `at` by others. */
function splice(bytes: Uint8Array, at: number, count: number, others: Uint8Array): Uint8Array {
  const end = Math.min(at + count, bytes.length);
  const out = new Uint8Array(bytes.length - (end - at) + others.length);
  out.set(bytes.subarray(0, at));
  out.set(others, at);
  out.set(bytes.subarray(end), at + others.length);
  return out;
}
