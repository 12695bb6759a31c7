import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Address } from '@tsquic/quic-core';
import type { ClientAccount, Evidence } from './cases/case.ts';
import { deliveryFaults } from './delivery.ts';
import { type Evidence as CaptureEvidence, judgeCapture, measureDownload } from './judge/judge.ts';
import type { CapturePaths } from './network/open-relay.ts';
import type { RelayCounts } from './network/relay.ts';
import type { OrderParts } from './orders.ts';
import { capturedDatagrams } from './wire/captured-datagrams.ts';
import { updatedPackets } from './wire/key-phase.ts';
import { observe } from './wire/observation.ts';

/** What a meeting has left behind. */
export interface Remains {
  readonly account: ClientAccount;
  readonly captures: CapturePaths;
  readonly counts: RelayCounts;
  /** Where clients reached the server: its address, and the one that it prefers. */
  readonly fronts: readonly Address[];
  /** Of the server itself. */
  readonly port: number;
}

/** Reads the evidence from files, captures and key logs. */
export async function collectEvidence(parts: OrderParts, remains: Remains): Promise<Evidence> {
  const { account, captures, counts } = remains;
  const { testCase, directory } = parts;
  const datagrams = capturedDatagrams(await readFile(captures.right));
  const wire = observe(datagrams);
  const keyLog = await joinKeyLogs(directory);
  return {
    ...account,
    fileFaults: await deliveryFaults(parts),
    wire,
    captureFaults: await judgeCaptures(parts, remains),
    goodput: testCase.isMeasured ? await goodputOf(parts, remains) : undefined,
    lost: counts.up.lost + counts.down.lost,
    updated: testCase.keyUpdate === 'none' ? undefined : updatedPackets(datagrams, wire, keyLog),
  };
}

/** Asks Wireshark's dissectors about a case of the runner; `pnpm judge` can do so again. */
async function judgeCaptures(
  { testCase, directory }: OrderParts,
  { captures, fronts: [front, preferred], port }: Remains,
): Promise<readonly string[]> {
  if (testCase.judgedAs === '') return [];
  const evidence: CaptureEvidence = {
    testCase: testCase.judgedAs,
    left: {
      file: captures.left,
      server: placeOf(front!),
      ...(preferred && { preferred: placeOf(preferred) }),
    },
    right: { file: captures.right, server: { host: testCase.host, port } },
    keyLog: join(directory, KEY_LOG),
  };
  const named = (one: CaptureEvidence['left']): CaptureEvidence['left'] => ({
    ...one,
    file: basename(one.file),
  });
  const about = { ...evidence, left: named(evidence.left), right: named(evidence.right), keyLog: KEY_LOG };
  await writeFile(join(directory, 'capture.json'), JSON.stringify(about));
  return judgeCapture(evidence);
}

async function goodputOf({ testCase }: OrderParts, { captures, fronts }: Remains): Promise<number> {
  const download = await measureDownload({ file: captures.left, server: placeOf(fronts[0]!) });
  if (download === undefined) return 0;
  const bytes = testCase.files.reduce((sum, file) => sum + file.bytes, 0);
  return (8 * bytes) / ((download.lastUs - download.firstUs) / 1000);
}

function placeOf({ ip, port }: Address): { readonly host: string; readonly port: number } {
  return { host: ip, port };
}

const KEY_LOG = 'keys.log';

/** Whatever either side logged: the secrets are the same. */
async function joinKeyLogs(directory: string): Promise<string> {
  const logs = ['client.keys', 'server.keys'].map((name) =>
    readFile(join(directory, name), 'utf8').catch(() => ''),
  );
  const joined = (await Promise.all(logs)).join('\n');
  await writeFile(join(directory, KEY_LOG), joined);
  return joined;
}
