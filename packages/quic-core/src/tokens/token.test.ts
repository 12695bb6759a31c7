import { describe, expect, test } from '@jest/globals';
import { createRandom } from '@tsquic/simulator';
import { covers } from '@tsquic/testing';
import { seededCrypto } from '@tsquic/testing/seeded';
import { Tokens } from './token.ts';
import { UsedTokens } from './used-tokens.ts';

const CLIENT = { ip: '192.0.2.7', port: 7777 };
const ID = new Uint8Array(8);
const SECOND_US = 1_000_000;
const DAY_US = 24 * 3600 * SECOND_US;
const SEED = 8104;

describe('a token of NEW_TOKEN counts once', () => {
  covers('rfc9000-8.1.4-8', 'rfc9000-8.1.4-9');
  test('whatever comes between its uses', () => {
    const tokens = new Tokens(seededCrypto(SEED));
    const token = tokens.createNew([CLIENT], 0);
    const counts = (bytes: Uint8Array, nowUs: number): boolean => {
      const content = tokens.open(bytes, CLIENT, ID, nowUs);
      return typeof content === 'object' && tokens.use(content, nowUs);
    };
    // To be read costs it nothing.
    expect(tokens.open(token, CLIENT, ID, 1)).toBeDefined();
    expect(counts(token, 1)).toBe(true);
    expect(counts(token, 2)).toBe(false);
    let counted = 0;
    for (let i = 0; i < 10_000; i++) if (counts(tokens.createNew([CLIENT], i), i)) counted++;
    // Nearly all: what remembers used ones may take one in a hundred for used.
    expect(counted).toBeGreaterThan(9900);
    expect(counts(token, 10_000)).toBe(false);
  });

  test(`even after hundreds of thousands, at any time of its life (seed ${SEED})`, () => {
    const { fillBytes } = createRandom(SEED);
    const nonce = (): Uint8Array => {
      const bytes = new Uint8Array(12);
      fillBytes(bytes);
      return bytes;
    };
    for (const perSecond of [0.1, 50, 1000]) {
      const used = new UsedTokens(DAY_US, 10 * SECOND_US);
      const early: { readonly bytes: Uint8Array; readonly createdUs: number }[] = [];
      let fresh = 0;
      const count = Math.min(perSecond * 3 * 86_400, 300_000);
      for (let i = 0; i < count; i++) {
        const nowUs = (i / perSecond) * SECOND_US;
        const one = { bytes: nonce(), createdUs: nowUs - SECOND_US };
        const counts = used.use(one.bytes, one.createdUs, nowUs);
        if (counts) fresh++;
        if (counts && i % 1000 === 0) early.push(one);
        const again = early[(i * 7) % early.length]!;
        if (i % 10 !== 0 || nowUs - again.createdUs > DAY_US) continue;
        if (used.use(again.bytes, again.createdUs, nowUs)) throw new Error(`token ${i} counted again`);
      }
      // Those made in the ten seconds of doubt after a generation went are refused as well.
      expect(fresh / count).toBeGreaterThan(0.9);
    }
  });

  test('even the one whose second use begins a generation', () => {
    const { fillBytes } = createRandom(SEED);
    const used = new UsedTokens(DAY_US, 0);
    const bytes = new Uint8Array(12);
    const first = Uint8Array.from({ length: 12 }, (_, i) => i);
    expect(used.use(first, 0, 0)).toBe(true);
    for (let counted = 1, i = 1; counted < 200_000; i++) {
      fillBytes(bytes);
      if (used.use(bytes, i, i)) counted++;
    }
    // Two generations are full: this use begins the third, and the first is forgotten.
    expect(used.use(first, 0, 300_000)).toBe(false);
  });

  test('a flood of used ones shortens the life of the others, and ends it for none that is new', () => {
    const { fillBytes } = createRandom(SEED);
    const used = new UsedTokens(DAY_US, 0);
    const bytes = new Uint8Array(12);
    const kept = Uint8Array.from({ length: 12 }, (_, i) => i);
    for (let i = 0; i < 250_000; i++) {
      fillBytes(bytes);
      used.use(bytes, i, i);
    }
    expect(used.use(kept, 0, 250_000)).toBe(false);
    expect(used.use(kept, 240_000, 250_000)).toBe(true);
  });
});

describe('a token for several addresses: draft-ietf-quic-multipath §3.1.4', () => {
  const ips = Array.from({ length: 10 }, (_, i) => `2001:db8:1234:5678:9abc:def0:1234:${1000 + i}`);
  const clients = ips.map((ip, i) => ({ ip, port: 1000 + i }));
  const remembered = { rttUs: 70_000, windowBytes: 500_000 };

  test('is valid at each of eight, and what it remembers is of the first', () => {
    const tokens = new Tokens(seededCrypto(SEED));
    const token = tokens.createNew(clients, 0, remembered);
    const contents = clients.map((client) => tokens.open(token, { ...client, port: 9 }, ID, 1));
    const known = contents.map((content) => typeof content === 'object' && content.remembered);
    expect(known).toEqual([remembered, ...Array.from({ length: 7 }, () => undefined), false, false]);
    // What clients keep, `MAX_KEPT_TOKEN_LENGTH`.
    expect(token.length).toBeLessThanOrEqual(512);
  });

  test('and at no other, not even with a part of their text', () => {
    const tokens = new Tokens(seededCrypto(SEED));
    const token = tokens.createNew(clients.slice(0, 2), 0);
    for (const ip of ['', ' ', ips[0]!.slice(1), ips[0]!.slice(0, -1), ips.slice(0, 2).join(' '), ips[2]!])
      expect(tokens.open(token, { ip, port: 1000 }, ID, 1)).toBeUndefined();
  });

  test('is used once, wherever', () => {
    const tokens = new Tokens(seededCrypto(SEED));
    const token = tokens.createNew(clients, 0);
    const uses = clients.slice(0, 2).map((client) => {
      const content = tokens.open(token, client, ID, 1);
      return typeof content === 'object' && tokens.use(content, 1);
    });
    expect(uses).toEqual([true, false]);
  });
});
