import { type Case, DEFAULTS, judgeDelivery } from './case.ts';

/** Three large files at once, past the initial flow control limits. */
export const transfer: Case = {
  ...DEFAULTS,
  name: 'transfer',
  about: '2, 3 and 5 MiB on one connection',
  files: [2, 3, 5].map((mebibytes) => ({ name: `${mebibytes}m.bin`, bytes: mebibytes << 20 })),
  tapped: false,
  timeoutMs: 60_000,
  judge: judgeDelivery,
};
