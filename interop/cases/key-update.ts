import { type Case, DEFAULTS, type Evidence, judgeDelivery, judgeOneConnection } from './case.ts';

/** The peer goes on to new keys while data flows, and the other side has to follow. */
export const keyUpdate: Case = {
  ...DEFAULTS,
  name: 'keyupdate',
  about: 'the peer updates its keys during 1 MiB',
  files: [{ name: '1m.bin', bytes: 1 << 20 }],
  handshakeSuffices: true,
  keyUpdate: true,
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
