import { readFile } from 'node:fs/promises';
import type { Captures, Datagram } from './capture.ts';
import { QUESTIONS } from './catalogue.ts';
import { readMovingConnection } from './moving-connection.ts';
import { type CaptureFile, readCapture } from './reading.ts';
import { installTshark, tsharkVersion } from './tshark.ts';

/** What a trial has left of its datagrams. */
export interface Evidence {
  /** As quic-interop-runner calls it. */
  readonly testCase: string;
  /** Seen at the client. */
  readonly left: CaptureFile;
  /** Seen at the server. */
  readonly right: CaptureFile;
  /** In the format of `SSLKEYLOGFILE`; the file may be missing. */
  readonly keyLog: string;
}

/** Said in place of a verdict where there is nobody to judge. */
export const NOT_JUDGED = 'not judged: tshark is not installed';

/** Installs the judge where it is missing, and resolves to a line that names it, or says why there is none. */
export function installJudge(): Promise<string> {
  return installTshark().then(
    (version) => `judged by tshark ${version}`,
    (error: Error) => `not judged: tshark cannot be installed: ${error.message}`,
  );
}

/**
 * Complaints about what Wireshark's dissectors have seen on both interfaces; none when the case passed.
 * Throws an Error for a case that the runner does not have.
 */
export async function judgeCapture(evidence: Evidence): Promise<readonly string[]> {
  const question = QUESTIONS[evidence.testCase];
  if (question === undefined) throw new Error(`no such test case: ${evidence.testCase}`);
  const keyLog = await findSecrets(evidence.keyLog);
  if (question.needsKeys && keyLog === undefined) return ['no key log: the packets cannot be opened'];
  try {
    const captures = await readBoth(evidence, (side) =>
      question.moves
        ? readMovingConnection(side, keyLog)
        : readCapture(side, { keyLog, filter: question.filter }),
    );
    return question.checks.flatMap((check) => check(captures));
  } catch (error) {
    if ((await tsharkVersion()) === undefined) return [NOT_JUDGED];
    return [`not judged: ${(error as Error).message}`];
  }
}

async function readBoth(
  { left, right }: Evidence,
  read: (side: CaptureFile) => Promise<Datagram[]>,
): Promise<Captures> {
  const [atClient, atServer] = await Promise.all([read(left), read(right)]);
  return { left: atClient, right: atServer };
}

/** What the client's interface has seen of the server's 1-RTT packets. */
export interface Download {
  /** Unix time of the first and of the last. */
  readonly firstUs: number;
  readonly lastUs: number;
  /** The payloads of UDP. */
  readonly bytes: number;
}

/**
 * When the server's 1-RTT packets came to the client, for rates; undefined when none did.
 * Throws an Error when tshark is missing or fails.
 */
export async function measureDownload(left: CaptureFile): Promise<Download | undefined> {
  const came = (await readCapture(left, { keyLog: undefined })).filter(
    ({ sender, packets }) => sender === 'server' && packets.some(({ kind }) => kind === '1-RTT'),
  );
  const [first] = came;
  const last = came.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return { firstUs: first.atUs, lastUs: last.atUs, bytes: came.reduce((sum, { bytes }) => sum + bytes, 0) };
}

async function findSecrets(keyLog: string): Promise<string | undefined> {
  const text = await readFile(keyLog, 'utf8').catch(() => '');
  return text.includes('SERVER_HANDSHAKE_TRAFFIC_SECRET') ? keyLog : undefined;
}
