import type { Scenario } from '../scenario.ts';
import { DSL, MEGABYTE, MS, S } from './setting.ts';

/** Transfers over a path without faults. */
export const TRANSFERS: readonly Scenario[] = [
  { name: 'clean', about: '1 MB at 10 Mbit/s', link: DSL, exchanges: MEGABYTE, ceilingUs: 1300 * MS },
  {
    name: 'upload',
    about: '1 MB up',
    link: DSL,
    exchanges: [{ requestBytes: 1_000_000, responseBytes: 10 }],
    ceilingUs: 1350 * MS,
  },
  {
    name: 'both-ways',
    about: '1 MB up and down at once',
    link: DSL,
    exchanges: [
      { requestBytes: 1_000_000, responseBytes: 10 },
      { requestBytes: 10, responseBytes: 1_000_000 },
    ],
    ceilingUs: 1500 * MS,
  },
  {
    name: 'hundred-streams',
    about: '100 requests of 10 KB at once',
    link: DSL,
    exchanges: [{ requestBytes: 100, responseBytes: 10_000, count: 100 }],
    ceilingUs: 1400 * MS,
  },
  {
    name: 'stream-limit',
    about: '300 requests while only 20 may be open',
    link: DSL,
    server: { maxBidirectionalStreams: 20 },
    exchanges: [{ requestBytes: 100, responseBytes: 100, count: 300 }],
    ceilingUs: 2 * S,
  },
  {
    name: 'small-windows',
    about: '1 MB through windows of 32 KB that may not grow: at least half a window each round trip',
    link: DSL,
    client: {
      connectionWindowBytes: 32_768,
      maxConnectionWindowBytes: 32_768,
      streamWindowBytes: 32_768,
      maxStreamWindowBytes: 32_768,
    },
    exchanges: MEGABYTE,
    ceilingUs: 3300 * MS,
  },
  {
    name: 'one-after-the-other',
    about: 'twenty small requests, each after the one before: one round trip each',
    link: { delayUs: 20 * MS },
    exchanges: Array.from({ length: 20 }, () => ({
      requestBytes: 200,
      responseBytes: 2000,
      afterPrevious: true,
    })),
    ceilingUs: 900 * MS,
  },
  {
    name: 'unidirectional',
    about: '20 unidirectional streams of 20 KB',
    link: DSL,
    exchanges: [{ requestBytes: 20_000, responseBytes: -1, count: 20 }],
    ceilingUs: 900 * MS,
  },
];
