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
import { WEBTRANSPORT_SUITE } from './webtransport.ts';

/** Every case, in the order of the report's rows: those of the runner, of QUIC and of WebTransport, then ours. */
export const CASES: readonly Case[] = [
  ...RUNNER_SUITE,
  ...WEBTRANSPORT_SUITE,
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
