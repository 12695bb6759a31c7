import { type Case, DEFAULTS, judgeDelivery, judgeOneConnection } from './case.ts';

/** A handshake and one small file. */
export const handshake: Case = {
  ...DEFAULTS,
  name: 'handshake',
  about: 'handshake and a file of 1 KiB',
  files: [{ name: 'small.bin', bytes: 1024 }],
  handshakeSuffices: true,
  judge: (evidence) => [...judgeDelivery(evidence), ...judgeOneConnection(evidence)],
};
