import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import { seededCrypto } from '@tsquic/testing/seeded';
import { ResetKeys } from './reset-keys.ts';

const ID = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const keyOf = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
/** HMAC-SHA-256 of the ID under the key, the first 16 bytes: RFC 9000 §10.3.2. */
const tokenUnder = (fill: number): Uint8Array =>
  new Uint8Array(createHmac('sha256', keyOf(fill)).update(ID).digest().subarray(0, 16));

describe('reset keys', () => {
  test('answer by the present one and the last one in turns', () => {
    covers('rfc9000-10.3.2-5');
    const keys = new ResetKeys(seededCrypto(1), keyOf(1));
    expect(keys.token(ID)).toEqual(tokenUnder(1));
    expect([0, 1, 2].map((turn) => keys.answer(ID, turn))).toEqual([1, 1, 1].map(tokenUnder));
    keys.rotate(keyOf(2));
    expect(keys.token(ID)).toEqual(tokenUnder(2));
    expect([0, 1, 2, 255].map((turn) => keys.answer(ID, turn))).toEqual([2, 1, 2, 1].map(tokenUnder));
    keys.rotate(keyOf(3));
    expect([0, 1].map((turn) => keys.answer(ID, turn))).toEqual([3, 2].map(tokenUnder));
  });

  test('that were given stay until another is; random ones give way to random ones', () => {
    const given = new ResetKeys(seededCrypto(1), keyOf(1));
    given.rotate();
    expect([0, 1].map((turn) => given.answer(ID, turn))).toEqual([1, 1].map(tokenUnder));
    const random = new ResetKeys(seededCrypto(1));
    const before = random.token(ID);
    random.rotate();
    expect(random.token(ID)).not.toEqual(before);
    expect(random.answer(ID, 1)).toEqual(before);
  });

  test('are copies: what the program does with its bytes changes nothing', () => {
    const key = keyOf(1);
    const keys = new ResetKeys(seededCrypto(1), key);
    key.fill(9);
    expect(keys.token(ID)).toEqual(tokenUnder(1));
  });
});
