import { createNodeProvider } from '@tsquic/crypto/node';
import { expect, test } from '@jest/globals';
import { KeyRing } from './key-ring.ts';

const crypto = createNodeProvider();

test('keys of a server of its own change, but for that of resets', () => {
  const ring = new KeyRing(crypto, {});
  expect(ring.isOwn).toBe(true);
  const { current } = ring;
  expect([current.ticketKey.length, current.tokenKey.length, current.resetKey.length]).toEqual([16, 16, 32]);
  const next = ring.rotate({});
  expect([ring.current, ring.last]).toEqual([next, current]);
  expect(next.ticketKey).not.toEqual(current.ticketKey);
  expect(next.tokenKey).not.toEqual(current.tokenKey);
  expect(next.resetKey).toEqual(current.resetKey);
});

test('given keys are used', () => {
  const [ticketKey, tokenKey, resetKey] = [
    new Uint8Array(16).fill(1),
    new Uint8Array(16),
    new Uint8Array(32),
  ];
  const ring = new KeyRing(crypto, { ticketKey, tokenKey, resetKey });
  expect([ring.isOwn, ring.current]).toEqual([false, { ticketKey, tokenKey, resetKey }]);
  expect(ring.rotate({ resetKey: resetKey.slice().fill(3) }).resetKey[0]).toBe(3);
});
