import type { Case } from './case.ts';
import { datagrams } from './datagrams.ts';
import { serverKeyUpdate } from './key-update.ts';
import { loss } from './loss.ts';
import { addressMigration, migration } from './migration.ts';
import { multipath } from './multipath.ts';
import { postQuantum } from './post-quantum.ts';
import { RUNNER_SUITE } from './runner.ts';
import { versionNegotiation } from './version-negotiation.ts';
import { directVersionTwo } from './versions.ts';

/** Every case, in the order of the report's rows: those of the runner, then ours. */
export const CASES: readonly Case[] = [
  ...RUNNER_SUITE,
  versionNegotiation,
  directVersionTwo,
  serverKeyUpdate,
  migration,
  addressMigration,
  datagrams,
  multipath,
  postQuantum,
  loss,
];
