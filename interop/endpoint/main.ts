import { runClient } from './client.ts';
import { type Contract, readContract } from './contract.ts';
import { UnsupportedCase } from './manner.ts';
import { openRecords } from './records.ts';
import { runServer } from './server.ts';

/** What the runner takes for "this endpoint does not know the case". */
const UNSUPPORTED = 127;

try {
  await run(readContract(process.env));
} catch (error) {
  console.error(lineOf(error));
  process.exitCode = error instanceof UnsupportedCase ? UNSUPPORTED : 1;
}

/** An error with its code, if it has one: `ERR_QUIC_…`, ENOENT. */
function lineOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? `${String(error.code)}: ${error.message}` : error.message;
}

async function run(contract: Contract): Promise<void> {
  const records = openRecords(contract);
  try {
    await (contract.role === 'client'
      ? runClient(contract, records)
      : runServer(contract, records, stopped()));
  } finally {
    records.close();
  }
}

/** Containers are stopped by signals. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}
