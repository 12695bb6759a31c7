import { type InapplicableCase, RUNNER_CASES, type RunnerCase } from '@tsquic/simulator';
import type { SourceFile } from '../files.ts';
import { runnerCase, runnerNetwork } from '../network/runner-network.ts';
import { showsEcn } from '../network/socket.ts';
import { type Case, DEFAULTS, judgeDelivery } from './case.ts';

/** What a case of the runner asks of the peers, besides what the simulator's catalogue has of it. */
type Request = Partial<Case> & Pick<Case, 'letter'>;

const REQUESTS: Readonly<Record<string, Request>> = {
  handshake: { letter: 'H', handshakeSuffices: true },
  transfer: { letter: 'DC' },
  longrtt: { letter: 'LR', handshakeSuffices: true },
  chacha20: { letter: 'C20', handshakeSuffices: true, client: { cipher: 'TLS_CHACHA20_POLY1305_SHA256' } },
  multiplexing: { letter: 'M' },
  retry: { letter: 'S', handshakeSuffices: true, retry: true },
  resumption: { letter: 'R', handshakeSuffices: true, resumes: true },
  zerortt: { letter: 'Z', resumes: true, earlyData: true },
  // The simulator stands below HTTP/3, and has neither its files nor its network.
  http3: {
    letter: '3',
    about: 'three files over HTTP/3',
    http3: true,
    notHere: '',
    judgedAs: 'http3',
    files: [5, 10, 500].map((kib, index) => ({ name: String(index).padStart(10, 'x'), bytes: kib * 1024 })),
    network: (seed) => runnerNetwork(runnerCase('transfer'), seed),
    timeoutMs: 60_000,
    judge: (evidence) => [...judgeDelivery(evidence), ...evidence.captureFaults],
  },
  blackhole: { letter: 'B' },
  keyupdate: { letter: 'U', handshakeSuffices: true, keyUpdate: 'client' },
  ecn: {
    letter: 'E',
    isMarked: true,
    notHere: showsEcn() ? '' : 'the sockets of this runtime neither show nor set ECN: Node from 26.9 on does',
  },
  amplificationlimit: { letter: 'A', longChain: true, patient: true },
  handshakeloss: { letter: 'L1', connectionPerFile: true, patient: true },
  transferloss: { letter: 'L2' },
  handshakecorruption: { letter: 'C1', connectionPerFile: true, patient: true },
  transfercorruption: { letter: 'C2' },
  ipv6: { letter: '6', handshakeSuffices: true, host: '::1' },
  v2: { letter: 'V2', handshakeSuffices: true, versionTwo: 'negotiated' },
  'rebind-port': { letter: 'BP' },
  'rebind-addr': { letter: 'BA' },
  connectionmigration: { letter: 'CM', prefersAddress: true },
};

/** The test cases of quic-interop-runner, in its order. */
export const RUNNER_SUITE: readonly Case[] = RUNNER_CASES.map(caseOf);

function caseOf(found: RunnerCase | InapplicableCase): Case {
  const { name } = found;
  const request = REQUESTS[name];
  if (request === undefined) throw new Error(`the runner's ${name} is asked of nobody here`);
  if ('notApplicable' in found) {
    const { notApplicable: notHere } = found;
    return { ...DEFAULTS, name, about: notHere, files: [], notHere, judge: () => [], ...request };
  }
  return {
    ...DEFAULTS,
    name,
    about: found.about,
    judgedAs: name,
    files: filesOf(found),
    rebinds: found.nat !== undefined,
    network: (seed) => runnerNetwork(found, seed),
    timeoutMs: (found.timeoutSeconds ?? 60) * 1000,
    judge: (evidence) => [...judgeDelivery(evidence), ...evidence.captureFaults],
    ...request,
  };
}

function filesOf({ files, nameLength = 10 }: RunnerCase): SourceFile[] {
  return files.map((bytes, index) => ({ name: String(index).padStart(nameLength, 'x'), bytes }));
}
