import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createNodeProvider } from '@tsquic/crypto/node';
import {
  type Datagram,
  encodePcapRecord,
  type Observer,
  pcapFileHeader,
  type RunnerCase,
  runRunnerCase,
  TEST_UNIX_TIME_US,
} from '@tsquic/simulator';
import type { Evidence } from './judge.ts';

/** Which of the two captures a datagram is in. */
export type Side = 'left' | 'right';

/** A datagram of a capture in virtual time. */
export interface Captured {
  readonly datagram: Datagram;
  readonly atUs: number;
  /** Whether the client has sent it. */
  readonly isUp: boolean;
}

/** What is changed before a capture is written. */
export type Tamper = (captured: readonly Captured[], side: Side) => readonly Captured[];

/** What a case of the simulator's runner has left. */
export interface VirtualTrial {
  readonly captured: Readonly<Record<Side, readonly Captured[]>>;
  readonly keyLog: string;
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  readonly testCase: string;
}

/** Plays a case between two contexts of ours. */
export function playVirtually(runnerCase: RunnerCase, seed = 1): VirtualTrial {
  const left: Captured[] = [];
  const right: Captured[] = [];
  let keyLog = '';
  const recorder = (name: string, into: Captured[]): Observer => ({
    onSend: (host, datagram, atUs) =>
      void (host.name === name && into.push({ datagram, atUs, isUp: name === 'client' })),
    onReceive: (host, datagram, atUs) =>
      void (host.name === name && into.push({ datagram, atUs, isUp: name === 'server' })),
  });
  const { serverAddresses } = runRunnerCase(runnerCase, {
    createCrypto: (random) => createNodeProvider({ random }),
    seed,
    observers: [recorder('client', left), recorder('server', right)],
    onKeyLog: (line) => void (keyLog += `${line}\n`),
  });
  return {
    captured: { left, right },
    keyLog,
    servers: serverAddresses.map(({ ip, port }) => ({ host: ip, port })),
    testCase: runnerCase.name,
  };
}

/** Writes both captures and the key log into a new directory. */
export async function writeTrial(
  { captured, keyLog, servers, testCase }: VirtualTrial,
  directory: string,
  tamper: Tamper = (own) => own,
): Promise<Evidence> {
  await mkdir(directory, { recursive: true });
  const write = async (side: Side) => {
    const records = tamper(captured[side], side).map(({ datagram, atUs }) =>
      encodePcapRecord(datagram, TEST_UNIX_TIME_US + atUs),
    );
    const file = join(directory, `${side}.pcap`);
    await writeFile(file, Buffer.concat([pcapFileHeader(), ...records]));
    return { file, server: servers[0]!, preferred: servers[1] };
  };
  const [left, right] = [await write('left'), await write('right')];
  await writeFile(join(directory, 'keys.log'), keyLog);
  return { testCase, left, right, keyLog: join(directory, 'keys.log') };
}
