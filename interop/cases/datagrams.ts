import { type Case, DEFAULTS, judgeDelivery, judgeOneConnection } from './case.ts';

/** Datagrams go to the server and come back. RFC 9221 */
export const datagrams: Case = {
  ...DEFAULTS,
  name: 'datagrams',
  about: 'twenty datagrams of 100 bytes are sent back, besides 10 KiB',
  files: [{ name: '10k.bin', bytes: 10 << 10 }],
  datagrams: true,
  judge: (evidence) => [...judgeDelivery(evidence), ...judgeOneConnection(evidence)],
};
