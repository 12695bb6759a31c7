import { join } from 'node:path';
import type { Case, ClientAccount } from './cases/case.ts';
import { tellingLine } from './output.ts';
import type { Command } from './peer.ts';
import { type Ending, Subprocess } from './process.ts';
import { waitUntilReady } from './readiness.ts';
import { probeVersions } from './wire/version-probe.ts';

/** The programs of both sides. */
export interface Pair {
  readonly serving: Command;
  readonly fetching: Command;
}

/** Where they meet. */
export interface MeetingPlace {
  readonly testCase: Case;
  /** Of the server itself. */
  readonly port: number;
  /** Where they run, and their logs are. */
  readonly directory: string;
}

/** What came of it. */
export interface Meeting {
  readonly complaints: readonly string[];
  /** Undefined where the client was not started. */
  readonly account: ClientAccount | undefined;
}

/** Starts the server, and the client when it is ready; both have ended when this resolves. */
export async function runPair(
  { serving, fetching }: Pair,
  { testCase, port, directory }: MeetingPlace,
): Promise<Meeting> {
  const { host, probesVersions, timeoutMs } = testCase;
  const server = new Subprocess(serving, join(directory, 'server.log'), directory);
  try {
    const unready = await waitUntilReady(server, serving, host, port);
    if (unready.length > 0) return { complaints: unready, account: undefined };
    const complaints = probesVersions ? await probeVersions(host, port, PROBE_PATIENCE_MS) : [];
    const client = new Subprocess(fetching, join(directory, 'client.log'), directory);
    const account = accountOf(client, await client.ended(timeoutMs), { fetching, timeoutMs });
    if (!server.running) complaints.push(`the server ended meanwhile${tellingLine(server.output)}`);
    return { complaints, account };
  } finally {
    await server.stop();
  }
}

const PROBE_PATIENCE_MS = 3000;

function accountOf(
  { failure, output }: Subprocess,
  ending: Ending,
  { fetching, timeoutMs }: { readonly fetching: Command; readonly timeoutMs: number },
): ClientAccount {
  return {
    clientSucceeded: ending.matchedSuccess || (ending.code === 0 && failure === ''),
    clientFault: failure === '' ? describeEnding(ending, output, timeoutMs) : `the client ${failure}`,
    abandonedVersion: fetching.abandons?.test(output) ?? false,
  };
}

function describeEnding(ending: Ending, output: string, timeoutMs: number): string {
  if (ending.timedOut) return `the client did not finish in ${timeoutMs / 1000} s`;
  if (ending.signal !== undefined) return `the client died of ${ending.signal}`;
  return `the client ended with exit code ${ending.code}${tellingLine(output)}`;
}
