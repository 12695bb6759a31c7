import { expect, test } from '@jest/globals';
import { DroppedContent } from './dropped-content.ts';

test('content is dropped as it comes, until it is more than 128 MiB', () => {
  const scratch = new Uint8Array(1024 * 1024);
  let left = 0;
  let stops = 0;
  const dropped = new DroppedContent(
    {
      read(into) {
        const count = Math.min(into.length, left);
        left -= count;
        return count;
      },
      stopReading: () => void stops++,
    },
    scratch,
  );
  for (const mebibytes of [1, 100, 27]) {
    left = mebibytes * scratch.length;
    dropped.onContent();
    expect([left, stops]).toEqual([0, 0]);
  }
  left = scratch.length;
  dropped.onContent();
  expect([left, stops]).toEqual([0, 1]);
});
