/** Draw `count` of `items` with equal probability, in their own order; the same ones for the same seed. */
export function drawSample<Item>(items: readonly Item[], count: number, seed: number): Item[] {
  const drawn = shuffle([...items.keys()], seed)
    .slice(0, count)
    .sort((a, b) => a - b);
  return drawn.map((index) => items[index]!);
}

/** `items` in a random order that the seed determines, so that the first few are a fair sample. */
export function shuffle<Item>(items: readonly Item[], seed: number): Item[] {
  const order = [...items];
  const random = seededRandom(seed);
  for (let i = 0; i < order.length; i++) {
    const j = i + Math.floor(random() * (order.length - i));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Numbers in [0, 1), the same ones for the same seed (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
