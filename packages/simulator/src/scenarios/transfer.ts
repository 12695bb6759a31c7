import type { Scenario } from '../scenario.ts';
import { ceilingOf, transferUs } from './model.ts';
import { DSL, DSL_MODEL, MEGABYTE, MEGABYTE_US, MS } from './setting.ts';

/** Transfers over a path without faults. */
export const TRANSFERS: readonly Scenario[] = [
  {
    name: 'clean',
    about: '1 MB at 10 Mbit/s',
    link: DSL,
    exchanges: MEGABYTE,
    ceilingUs: ceilingOf(MEGABYTE_US),
  },
  {
    name: 'upload',
    about: '1 MB up',
    link: DSL,
    exchanges: [{ requestBytes: 1_000_000, responseBytes: 10 }],
    // The request waits for the handshake, and the response takes the other half of the last round trip.
    ceilingUs: ceilingOf(MEGABYTE_US),
  },
  {
    name: 'both-ways',
    about: '1 MB up and down at once',
    link: DSL,
    exchanges: [
      { requestBytes: 1_000_000, responseBytes: 10 },
      { requestBytes: 10, responseBytes: 1_000_000 },
    ],
    // The directions do not share the link, except for their ACKs.
    ceilingUs: ceilingOf(MEGABYTE_US),
  },
  {
    name: 'hundred-streams',
    about: '100 requests of 10 KB at once',
    link: DSL,
    exchanges: [{ requestBytes: 100, responseBytes: 10_000, count: 100 }],
    ceilingUs: ceilingOf(MEGABYTE_US),
  },
  {
    name: 'stream-limit',
    about: '300 requests while only 20 may be open',
    link: DSL,
    server: { maxBidirectionalStreams: 20 },
    exchanges: [{ requestBytes: 100, responseBytes: 100, count: 300 }],
    // Fifteen times twenty: one round trip for the responses, one until their ACKs let the server allow as
    // many streams again.
    ceilingUs: ceilingOf(1550 * MS),
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
    // Credit is announced when a quarter of it is used: three quarters of a window per round trip.
    ceilingUs: ceilingOf(2 * DSL_MODEL.rttUs + (1_000_000 / (0.75 * 32_768)) * DSL_MODEL.rttUs, 1),
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
    ceilingUs: ceilingOf(21 * 40 * MS, 1.05),
  },
  {
    name: 'unidirectional',
    about: '20 unidirectional streams of 20 KB',
    link: DSL,
    exchanges: [{ requestBytes: 20_000, responseBytes: -1, count: 20 }],
    ceilingUs: ceilingOf(2 * DSL_MODEL.rttUs + transferUs(400_000, DSL_MODEL)),
  },
];
