import { type Case, DEFAULTS, type Evidence, judgeOneConnection, judgeDelivery } from './case.ts';

/** The server goes on to new keys, and the client has to follow; in the runner's case it is the client that begins. RFC 9001 §6 */
export const serverKeyUpdate: Case = {
  ...DEFAULTS,
  name: 'keyupdate-server',
  about: '1 MiB after the server has updated its keys',
  files: [{ name: '1m.bin', bytes: 1 << 20 }],
  handshakeSuffices: true,
  keyUpdate: 'server',
  judge: (evidence) => [
    ...judgeDelivery(evidence),
    ...judgeOneConnection(evidence),
    ...judgePhases(evidence),
  ],
};

function judgePhases({ updated }: Evidence): string[] {
  if (updated === undefined) return ['no key log to read key phases with'];
  return (['client', 'server'] as const)
    .filter((side) => updated[side] === 0)
    .map((side) => `the ${side} sent no packet under new keys`);
}
