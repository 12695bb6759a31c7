import { PLAIN_LINK } from '../network/plan.ts';
import { type Case, DEFAULTS, judgeDelivery, judgeOneConnection } from './case.ts';

/** 20 Mbit/s each way, so that the second file takes seconds. */
const LINK = { ...PLAIN_LINK, delayUs: 5000, bytesPerSecond: 2_500_000, queueBytes: 100_000 };

/** The client uses a second path besides the first, which it abandons in the middle of a transfer. draft-ietf-quic-multipath */
export const multipath: Case = {
  ...DEFAULTS,
  name: 'multipath',
  about:
    '100 KiB, a second path from another loopback address, and 4 MiB, in the middle of which the first path is abandoned',
  files: [
    { name: 'before.bin', bytes: 100 << 10 },
    { name: 'after.bin', bytes: 4 << 20 },
  ],
  multipath: true,
  network: (seed) => ({ ...DEFAULTS.network(seed), up: LINK, down: LINK }),
  timeoutMs: 60_000,
  judge: (evidence) => [
    ...judgeDelivery(evidence),
    ...judgeOneConnection(evidence),
    ...(evidence.wire.answeredPlaces >= 2 ? [] : ['the server sent to one address of the client only']),
  ],
};
