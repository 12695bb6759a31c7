import { PLAIN_LINK } from '../network/plan.ts';
import { type Case, DEFAULTS, judgeOneConnection, judgeDelivery } from './case.ts';

const LINK = { ...PLAIN_LINK, loss: { kind: 'random', rate: 0.05 } } as const;

/** One datagram of twenty is lost, in both directions, those of the handshake as well, over a way without a bottleneck. */
export const loss: Case = {
  ...DEFAULTS,
  name: 'loss',
  about: '1 MiB while one datagram of twenty is lost, both ways',
  files: [{ name: '1m.bin', bytes: 1 << 20 }],
  network: (seed) => ({ ...DEFAULTS.network(seed), up: LINK, down: LINK }),
  timeoutMs: 60_000,
  judge: (evidence) => [
    ...judgeDelivery(evidence),
    ...judgeOneConnection(evidence),
    ...(evidence.lost < 20 ? [`only ${evidence.lost} datagrams were lost`] : []),
  ],
};
