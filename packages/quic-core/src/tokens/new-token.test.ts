import { expect, test } from '@jest/globals';
import { NewToken } from './new-token.ts';

test('a token is not sent again once the client has it, and a newer one is', () => {
  const token = new NewToken();
  token.give(Uint8Array.of(1));
  token.onAcked(0);
  expect(token.hasFrames).toBe(true);
  token.onAcked(1);
  token.onLost();
  expect(token.hasFrames).toBe(false);
  token.give(Uint8Array.of(2));
  token.onAcked(1);
  expect(token.hasFrames).toBe(true);
  token.onAcked(2);
  expect(token.hasFrames).toBe(false);
});
