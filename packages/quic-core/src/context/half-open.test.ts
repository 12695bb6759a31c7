import { describe, expect, test } from '@jest/globals';
import type { Connection } from '../connection/connection.ts';
import { HalfOpen } from './half-open.ts';

interface Kind {
  /** It failed, and lingers. */
  readonly failed?: boolean;
  /** Its ClientHello is complete. */
  readonly greeted?: boolean;
  readonly network?: string;
}

/** Connections that have not completed their handshake, oldest first, each of a network of its own unless it says so. */
function halfOpen(kinds: readonly Kind[]): { census: HalfOpen; all: Connection[] } {
  const census = new HalfOpen();
  const all = kinds.map(({ failed = false, greeted = true, network }, index) => {
    const parts = {
      closeState: { active: failed },
      handshake: { peerParameters: greeted ? {} : undefined },
      paths: { active: { amplification: { validated: false } } },
    };
    const connection = { parts } as unknown as Connection;
    census.add(connection, network ?? `192.0.2.${index}`);
    return connection;
  });
  return { census, all };
}

const HOPEFUL: Kind = {};

describe('whoever makes room when there are too many', () => {
  test.each<[string, readonly Kind[], number]>([
    ['is the oldest of those that are alike', [HOPEFUL, HOPEFUL, HOPEFUL], 0],
    ['is one whose hello is not complete before one whose is', [HOPEFUL, { greeted: false }, HOPEFUL], 1],
    [
      'is one of a network with more than a quarter of all before that',
      [
        { greeted: false },
        ...[HOPEFUL, HOPEFUL].map(() => ({ network: 'flood' })),
        HOPEFUL,
        HOPEFUL,
        HOPEFUL,
        HOPEFUL,
      ],
      1,
    ],
    [
      'is one that failed before all others',
      [{ network: 'a', greeted: false }, { network: 'a' }, { failed: true }],
      2,
    ],
  ])('%s', (_name, kinds, index) => {
    const { census, all } = halfOpen(kinds);
    expect(all.indexOf(census.leastPromising()!)).toBe(index);
  });

  test('is one of the 64 oldest', () => {
    const many = (at: number): Kind[] =>
      Array.from({ length: 100 }, (_, index) => (index === at ? { failed: true } : HOPEFUL));
    for (const [at, chosen] of [
      [63, 63],
      [64, 0],
    ] as const) {
      const { census, all } = halfOpen(many(at));
      expect(all.indexOf(census.leastPromising()!)).toBe(chosen);
    }
  });

  test('is nobody where there is none', () => {
    expect(halfOpen([]).census.leastPromising()).toBeUndefined();
  });
});
