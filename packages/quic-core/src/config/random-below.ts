/** Unpredictable whole numbers from 0 up to a limit, which they do not reach. */
export function randomBelow(random: (out: Uint8Array) => void): (limit: number) => number {
  const word = new Uint8Array(4);
  return (limit) => {
    random(word);
    return Math.floor(
      ((((word[0]! << 24) | (word[1]! << 16) | (word[2]! << 8) | word[3]!) >>> 0) / 2 ** 32) * limit,
    );
  };
}
