import { expect, test } from '@jest/globals';
import { FramePayload } from './frame-payload.ts';

/** A source of so many bytes, and the largest buffer that it was given. */
class Source {
  readonly finished = false;
  largest = 0;
  left = 0;

  read(into: Uint8Array): number {
    this.largest = Math.max(this.largest, into.buffer.byteLength);
    const count = Math.min(into.length, this.left);
    into.fill(7, 0, count);
    this.left -= count;
    return count;
  }
}

test('takes memory as the payload comes, not as it is announced', () => {
  const payload = new FramePayload();
  const source = new Source();
  payload.begin(8192);
  expect(payload.read(source)).toBe(false);
  expect(source.largest).toBe(64);
  source.left = 100;
  expect([payload.read(source), payload.left, source.largest]).toEqual([false, 8092, 128]);
  source.left = 9000;
  expect([payload.read(source), payload.left, source.left]).toEqual([true, 0, 908]);
  expect(payload.take()).toEqual(new Uint8Array(8192).fill(7));
  payload.begin(0);
  expect([payload.read(source), payload.take().length]).toEqual([true, 0]);
});
