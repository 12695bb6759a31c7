import { concatBytes } from '@tsquic/bytes';
import type { Random } from '@tsquic/simulator';

/** Something that looks like one of `corpus`, or not at all: what anybody on the network could send. */
export function mutate(corpus: readonly Uint8Array[], random: Random): Uint8Array {
  const original = corpus[random.integer(corpus.length)]!;
  switch (random.integer(10)) {
    case 0:
      return original.slice(0, random.integer(original.length + 1));
    case 1:
      return noise(random.integer(200), random);
    case 2:
      return behindItsHeader(original, random);
    case 3:
      return concatBytes(original, corpus[random.integer(corpus.length)]!);
    case 4:
      return concatBytes(mutate(corpus, random), mutate(corpus, random)).slice(0, 3000);
    case 5:
      return withByte(original, 0, random.integer(256));
    case 6:
      return withByte(original, random.integer(Math.min(60, original.length)), random.integer(256));
    case 7:
      return concatBytes(original, noise(random.integer(60), random));
    case 8:
      return longHeader(original, random);
    default:
      return flipped(original, 1 + random.integer(4), random);
  }
}

/** The first bytes stay, and with them type and connection IDs. */
function behindItsHeader(original: Uint8Array, random: Random): Uint8Array {
  const copy = original.slice();
  random.fillBytes(copy.subarray(Math.min(copy.length, 9 + random.integer(30))));
  return copy;
}

/** A long header with the destination of `original`, any type, and lengths that may lie. */
function longHeader(original: Uint8Array, random: Random): Uint8Array {
  const copy = original.slice();
  copy[0] = 0x80 | random.integer(128);
  if (random.chance(0.7)) copy.set([0, 0, 0, random.integer(3)], 1);
  if (copy.length > 6 && random.chance(0.3)) copy[5] = random.integer(30);
  return copy;
}

function withByte(original: Uint8Array, at: number, value: number): Uint8Array {
  const copy = original.slice();
  if (at < copy.length) copy[at] = value;
  return copy;
}

function flipped(original: Uint8Array, count: number, random: Random): Uint8Array {
  const copy = original.slice();
  for (let i = 0; i < count; i++) {
    const at = random.integer(copy.length);
    copy[at] = copy[at]! ^ (1 << random.integer(8));
  }
  return copy;
}

function noise(length: number, random: Random): Uint8Array {
  const bytes = new Uint8Array(length);
  random.fillBytes(bytes);
  return bytes;
}
