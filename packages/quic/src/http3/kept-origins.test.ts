import { expect, test } from '@jest/globals';
import { RecentOrigins } from './kept-origins.ts';

test('the origins that changed last are kept', () => {
  const kept = new RecentOrigins();
  for (let index = 0; index < 300; index++) {
    kept.set('often', { token: Uint8Array.of(1) });
    kept.set(`origin ${index}`, { token: Uint8Array.of(2) });
  }
  expect(kept.get('often')).toEqual({ token: Uint8Array.of(1) });
  expect([kept.get('origin 299'), kept.get('origin 0')]).toEqual([{ token: Uint8Array.of(2) }, undefined]);
});
