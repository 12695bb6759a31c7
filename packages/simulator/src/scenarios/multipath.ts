import type { LinkOptions, Span } from '../link.ts';
import type { Scenario } from '../scenario.ts';
import { MS, S } from './setting.ts';

/** 10 Mbit/s and 10 ms each way, a queue of 40 ms: the links of picoquic's multipath tests. */
const PLAIN: Partial<LinkOptions> = { bytesPerSecond: 1_250_000, delayUs: 10 * MS, queueBytes: 50_000 };
const TWO_PATHS = { maxPaths: 3 };
const BOTH = { link: PLAIN, client: TWO_PATHS, server: TWO_PATHS };
const OPEN = { afterUs: 100 * MS, to: 'address', how: 'open' } as const;
/** One megabyte takes 0.8 s on one of the links, and half of that on both. */
const MEGABYTE = [{ requestBytes: 1_000_000, responseBytes: 0, afterMoves: true }];
const LARGE = [{ requestBytes: 3_000_000, responseBytes: 0, afterMoves: true }];

function silent(fromMs: number, untilMs = Infinity): Partial<LinkOptions> {
  const span: Span = { fromUs: fromMs * MS, untilUs: untilMs * MS };
  return { blackholes: [span] };
}

const both = (options: Partial<LinkOptions>) => ({ up: options, down: options });

/**
 * Several paths at once. Names and what happens are those of picoquic's multipath tests; ceilings are theirs where the
 * links are, otherwise what the links allow. draft-ietf-quic-multipath
 */
export const MULTIPATH_SCENARIOS: readonly Scenario[] = [
  {
    name: 'multipath-basic',
    about: 'two equal paths carry a megabyte',
    ...BOTH,
    moves: [OPEN],
    exchanges: MEGABYTE,
    ceilingUs: 1060 * MS,
  },
  {
    name: 'multipath-aggregate',
    about: 'two equal paths carry 1.7 times what one does',
    ...BOTH,
    moves: [OPEN],
    exchanges: [{ requestBytes: 8_000_000, responseBytes: 0, afterMoves: true }],
    // One path takes 6.7 s with its headers, and 0.2 s pass before.
    ceilingUs: (6700 / 1.7 + 200) * MS,
  },
  {
    name: 'multipath-fail',
    about: 'the second path carries nothing: it is given up, and the first is not disturbed',
    ...BOTH,
    secondPath: both(silent(0)),
    moves: [OPEN],
    exchanges: MEGABYTE,
    ceilingUs: 2 * S,
  },
  {
    name: 'multipath-drop-first',
    about: 'the first path carries nothing more in the middle of the transfer',
    ...BOTH,
    ...both(silent(700)),
    moves: [OPEN],
    exchanges: LARGE,
    // 1.1 MB by then; the rest on one path, and two probe timeouts.
    ceilingUs: (700 + 1900 * 0.85 + 300) * MS,
  },
  {
    name: 'multipath-drop-second',
    about: 'the second path carries nothing more in the middle of the transfer',
    ...BOTH,
    secondPath: both(silent(700)),
    moves: [OPEN],
    exchanges: LARGE,
    ceilingUs: (700 + 1900 * 0.85 + 300) * MS,
  },
  {
    name: 'multipath-satellite',
    about: 'a satellite of 50 and 5 Mbit/s, and a thin terrestrial path',
    client: TWO_PATHS,
    server: TWO_PATHS,
    up: { bytesPerSecond: 625_000, delayUs: 300 * MS, queueBytes: 400_000 },
    down: { bytesPerSecond: 6_250_000, delayUs: 300 * MS, queueBytes: 4_000_000 },
    secondPath: both({ bytesPerSecond: 125_000, delayUs: 15 * MS, queueBytes: 30_000 }),
    moves: [{ ...OPEN, afterUs: 700 * MS }],
    exchanges: [{ requestBytes: 1000, responseBytes: 4_000_000, afterMoves: true }],
    ceilingUs: 10 * S,
  },
  {
    name: 'multipath-break-both',
    about: 'both paths carry nothing more: the connection ends',
    ...BOTH,
    ...both(silent(700)),
    client: { ...TWO_PATHS, idleTimeoutMs: 5000 },
    server: { ...TWO_PATHS, idleTimeoutMs: 5000 },
    secondPath: both(silent(700)),
    moves: [OPEN],
    exchanges: LARGE,
    ceilingUs: 20 * S,
    ends: 'idle-timeout',
  },
  {
    name: 'multipath-tunnel',
    about: 'both paths carry nothing for two seconds',
    ...BOTH,
    ...both(silent(700, 2700)),
    secondPath: both(silent(700, 2700)),
    moves: [OPEN],
    exchanges: LARGE,
    ceilingUs: 12 * S,
  },
  {
    name: 'multipath-back-first',
    about: 'the first path is silent for a second, and is used again',
    ...BOTH,
    ...both(silent(700, 1700)),
    moves: [OPEN],
    exchanges: LARGE,
    ceilingUs: 3300 * MS,
  },
  {
    name: 'multipath-back-second',
    about: 'the second path is silent for a second, and is used again',
    ...BOTH,
    secondPath: both(silent(700, 1700)),
    moves: [OPEN],
    exchanges: LARGE,
    ceilingUs: 3300 * MS,
  },
  {
    name: 'multipath-unreachable-first',
    about: 'the host cannot send on the first path any more: that path alone ends',
    ...BOTH,
    up: { unreachable: [{ fromUs: 700 * MS, untilUs: Infinity }] },
    down: silent(700),
    moves: [OPEN],
    exchanges: LARGE,
    ceilingUs: (700 + 1900 * 0.85 + 300) * MS,
  },
  {
    name: 'multipath-unreachable-second',
    about: 'the host cannot send on the second path any more: that path alone ends',
    ...BOTH,
    secondPath: { up: { unreachable: [{ fromUs: 700 * MS, untilUs: Infinity }] }, down: silent(700) },
    moves: [OPEN],
    exchanges: LARGE,
    ceilingUs: (700 + 1900 * 0.85 + 300) * MS,
  },
  {
    name: 'multipath-abandon',
    about: 'the client abandons the first path, and goes on with the second',
    ...BOTH,
    moves: [OPEN, { afterUs: 300 * MS, to: 'home', how: 'abandon' }],
    exchanges: [{ requestBytes: 3_000_000, responseBytes: 0 }],
    ceilingUs: 3800 * MS,
  },
  {
    name: 'multipath-renew',
    about: 'the client abandons a path and opens another one from the same address, with the next ID',
    ...BOTH,
    moves: [OPEN, { afterUs: 300 * MS, to: 'address', how: 'abandon' }, { ...OPEN, afterUs: 300 * MS }],
    exchanges: [{ requestBytes: 3_000_000, responseBytes: 0 }],
    ceilingUs: 3 * S,
  },
  {
    name: 'multipath-rotation',
    about: 'keys are updated every 300 packets',
    ...BOTH,
    client: { ...TWO_PATHS, keyUpdatePackets: 300 },
    server: { ...TWO_PATHS, keyUpdatePackets: 300 },
    moves: [OPEN],
    exchanges: LARGE,
    ceilingUs: 3 * S,
  },
  {
    name: 'multipath-nat',
    about: 'the NAT of the first path changes its port every 300 ms',
    ...BOTH,
    nat: {
      bindings: [0, 600, 900].map((ms, i) => ({
        atUs: ms * MS,
        address: { ip: '192.0.2.1', port: 7000 + i },
      })),
    },
    moves: [OPEN],
    exchanges: LARGE,
    ceilingUs: 3 * S,
  },
  {
    name: 'multipath-wifi-lte',
    about: 'a path of 50 Mbit/s and 20 ms, and one of 30 Mbit/s and 80 ms',
    client: TWO_PATHS,
    server: TWO_PATHS,
    ...both({ bytesPerSecond: 6_250_000, delayUs: 10 * MS, queueBytes: 200_000 }),
    secondPath: both({ bytesPerSecond: 3_750_000, delayUs: 40 * MS, queueBytes: 300_000 }),
    moves: [OPEN],
    exchanges: [{ requestBytes: 1000, responseBytes: 8_000_000, afterMoves: true }],
    ceilingUs: 1650 * MS,
  },
  {
    name: 'multipath-backup',
    about: 'the second path is a backup, and stays idle',
    ...BOTH,
    moves: [{ ...OPEN, how: 'open-backup' }],
    exchanges: MEGABYTE,
    ceilingUs: 2 * S,
  },
  {
    name: 'multipath-standup',
    about: 'the first path carries nothing more, and the backup stands in',
    ...BOTH,
    ...both(silent(700)),
    moves: [{ ...OPEN, how: 'open-backup' }],
    exchanges: LARGE,
    ceilingUs: 7200 * MS,
  },
  {
    name: 'multipath-loss',
    about: 'two paths, of which each loses 2 % both ways',
    ...BOTH,
    link: { ...PLAIN, loss: { kind: 'random', rate: 0.02 } },
    moves: [OPEN],
    exchanges: MEGABYTE,
    ceilingUs: 4 * S,
  },
  {
    name: 'multipath-just-one',
    about: 'both ends offer multipath and allow no second path',
    link: PLAIN,
    client: { maxPaths: 1 },
    server: { maxPaths: 1 },
    exchanges: [{ requestBytes: 1_000_000, responseBytes: 0 }],
    ceilingUs: 1060 * MS,
  },
];
