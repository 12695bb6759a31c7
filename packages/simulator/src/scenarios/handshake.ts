import type { Scenario } from '../scenario.ts';
import { SMALL, MS } from './setting.ts';

/** Handshakes with various faults. */
export const HANDSHAKES: readonly Scenario[] = [
  {
    name: 'handshake',
    about: 'two round trips of 100 ms',
    link: { delayUs: 50 * MS },
    exchanges: SMALL,
    ceilingUs: 201 * MS,
  },
  {
    name: 'large-flight',
    about: 'a server flight of 7.5 KB: one round trip more, for the amplification limit',
    link: { delayUs: 50 * MS },
    chainBytes: 7500,
    exchanges: SMALL,
    ceilingUs: 302 * MS,
  },
  {
    name: 'retry',
    about: 'address validation by Retry: one round trip more',
    link: { delayUs: 50 * MS },
    retry: 'always',
    exchanges: SMALL,
    ceilingUs: 302 * MS,
  },
  {
    name: 'first-flight-lost',
    about: 'the first datagram of the client is lost; it comes again after the initial RTT of 333 ms',
    link: { delayUs: 20 * MS },
    up: { loss: { kind: 'list', indexes: [0] } },
    exchanges: SMALL,
    ceilingUs: 420 * MS,
  },
  {
    name: 'server-flight-lost',
    about: 'the first two datagrams of the server are lost',
    link: { delayUs: 20 * MS },
    down: { loss: { kind: 'list', indexes: [0, 1] } },
    exchanges: SMALL,
    // The first flight is repeated after 333 ms, and its answer is lost as well; the probe follows at 999 ms:
    // 1079 ms.
    ceilingUs: 1180 * MS,
  },
  {
    name: 'amplification-deadlock',
    about: 'what would raise the limit of a blocked server is lost: the client probes unasked',
    link: { delayUs: 20 * MS },
    chainBytes: 7500,
    up: { loss: { kind: 'list', indexes: [1, 2] } },
    exchanges: SMALL,
    // One round trip, probes after a further 120 and 240 ms (RFC 9002 §6.2.1, one sample of 40 ms), two round
    // trips: 480 ms.
    ceilingUs: 600 * MS,
  },
  {
    name: 'nobody-there',
    about: 'nothing ever arrives: the handshake timeout of 10 s ends it',
    up: { blackholes: [{ fromUs: 0, untilUs: 1e9 }] },
    exchanges: [],
    ends: 'handshake-timeout',
    ceilingUs: 10_100 * MS,
  },
];
