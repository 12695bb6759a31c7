import { type Case, DEFAULTS, judgeDelivery, judgeOneConnection } from './case.ts';

/** Two small files over the IPv6 loopback address. */
export const ipv6: Case = {
  ...DEFAULTS,
  name: 'ipv6',
  about: '5 and 10 KiB over ::1',
  host: '::1',
  files: [
    { name: '5k.bin', bytes: 5 << 10 },
    { name: '10k.bin', bytes: 10 << 10 },
  ],
  handshakeSuffices: true,
  judge: (evidence) => [...judgeDelivery(evidence), ...judgeOneConnection(evidence)],
};
