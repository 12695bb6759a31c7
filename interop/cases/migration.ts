import { type Case, DEFAULTS, judgeDelivery, judgeOneConnection } from './case.ts';

/** The client goes on from another port, which it knows of. RFC 9000 §9.2 */
export const migration: Case = caseOf('migration-port', 'port', 'port');

/** The client goes on from another address, as after a change of networks. RFC 9000 §9.2 */
export const addressMigration: Case = caseOf('migration-addr', 'address', 'loopback address');

function caseOf(name: string, migrates: Case['migrates'], what: string): Case {
  return {
    ...DEFAULTS,
    name,
    about: `the client moves to another ${what} of its own between 1 MiB and 100 KiB`,
    files: [
      { name: 'before.bin', bytes: 1 << 20 },
      { name: 'after.bin', bytes: 100 << 10 },
    ],
    migrates,
    judge: (evidence) => [
      ...judgeDelivery(evidence),
      ...judgeOneConnection(evidence),
      ...(evidence.wire.answeredPlaces >= 2 ? [] : [`the server answered one ${what} of the client only`]),
    ],
  };
}
