import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { RotatingKey } from './rotating-key.ts';
import { Tickets } from './tickets.ts';
import { Tokens } from './token.ts';

const DAY_US = 24 * 3600 * 1_000_000;
const SECOND_US = 1_000_000;
const crypto = createNodeProvider();
const shared = new Uint8Array(16).fill(7);
const address = { ip: '192.0.2.1', port: 4433 };
const id = new Uint8Array(8);

describe('a key of our own', () => {
  test('seals for a day, and opens for another', () => {
    const key = new RotatingKey(crypto);
    const first = key.sealing(0);
    expect(key.sealing(DAY_US - 1)).toBe(first);
    const second = key.sealing(DAY_US);
    expect(second).not.toEqual(first);
    expect(key.opening(2 * DAY_US - 1)).toEqual([second, first]);
    expect(key.opening(2 * DAY_US)).not.toContain(first);
    expect(key.opening(2 * DAY_US)).toContain(second);
  });

  test('is gone, with the one before it, when nobody asked for two days', () => {
    const key = new RotatingKey(crypto);
    const first = key.sealing(0);
    key.sealing(DAY_US);
    expect(key.opening(5 * DAY_US)).toHaveLength(1);
    expect(key.opening(5 * DAY_US)).not.toContain(first);
  });

  test('is another one after each call', () => {
    const key = new RotatingKey(crypto);
    const first = key.sealing(0);
    key.rotate();
    const second = key.sealing(1);
    expect(key.opening(1)).toEqual([second, first]);
    key.rotate();
    expect(key.opening(2)).not.toContain(first);
  });
});

test('a shared key stays until the next one is given', () => {
  const key = new RotatingKey(crypto, shared);
  expect(key.opening(0)).toEqual([shared]);
  expect(key.opening(30 * DAY_US)).toEqual([shared]);
  const next = new Uint8Array(16).fill(8);
  key.rotate(next);
  next.fill(0);
  expect(key.opening(31 * DAY_US)).toEqual([new Uint8Array(16).fill(8), shared]);
});

describe.each<
  [string, (nowUs: number) => Uint8Array, (sealed: Uint8Array, nowUs: number) => boolean, () => void]
>([
  (() => {
    const tickets = new Tickets(crypto);
    const at = (nowUs: number) => tickets.protection(() => nowUs);
    return [
      'tickets',
      (nowUs) => at(nowUs).seal(Uint8Array.of(1, 2, 3)),
      (sealed, nowUs) => at(nowUs).open(sealed)?.length === 3,
      () => tickets.rotate(),
    ];
  })(),
  (() => {
    const tokens = new Tokens(crypto);
    return [
      'NEW_TOKEN tokens',
      (nowUs) => tokens.createNew([address], nowUs),
      (sealed, nowUs) => tokens.open(sealed, address, id, nowUs) !== undefined,
      () => tokens.rotate(),
    ];
  })(),
  (() => {
    const tokens = new Tokens(crypto);
    return [
      'Retry tokens',
      (nowUs) => tokens.createRetry(address, id, id, nowUs),
      (sealed, nowUs) => tokens.open(sealed, address, id, nowUs) !== undefined,
      () => tokens.rotate(),
    ];
  })(),
])('%s', (_name, seal, open, rotate) => {
  test('outlive one change of keys by time, and one by call', () => {
    const atEnd = seal(DAY_US - SECOND_US);
    expect(open(atEnd, DAY_US + SECOND_US)).toBe(true);
    const before = seal(DAY_US + SECOND_US);
    const sameAge = seal(DAY_US + SECOND_US);
    rotate();
    expect(open(before, DAY_US + 2 * SECOND_US)).toBe(true);
    rotate();
    expect(open(sameAge, DAY_US + 3 * SECOND_US)).toBe(false);
  });
});
