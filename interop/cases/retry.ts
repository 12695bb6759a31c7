import { type Case, DEFAULTS, judgeDelivery, judgeOneConnection } from './case.ts';

/** The server validates the client's address before it spends anything on it. */
export const retry: Case = {
  ...DEFAULTS,
  name: 'retry',
  about: 'the server answers the first Initial with a Retry, then 10 KiB',
  files: [{ name: '10k.bin', bytes: 10 << 10 }],
  handshakeSuffices: true,
  retry: true,
  judge: (evidence) => [
    ...judgeDelivery(evidence),
    ...judgeOneConnection(evidence),
    ...(evidence.wire?.retries === 0 ? ['no Retry on the wire'] : []),
  ],
};
