import { type Case, DEFAULTS, judgeDelivery, judgeOneConnection } from './case.ts';

/** More streams than any server allows at first, so MAX_STREAMS has to grow. */
export const multiplexing: Case = {
  ...DEFAULTS,
  name: 'multiplexing',
  about: '2000 files of 32 bytes on one connection',
  files: Array.from({ length: 2000 }, (_, index) => ({ name: `${index}.bin`, bytes: 32 })),
  timeoutMs: 60_000,
  judge: (evidence) => [...judgeDelivery(evidence), ...judgeOneConnection(evidence)],
};
