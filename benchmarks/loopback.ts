import { join } from 'node:path';
import { medianBy, type Findings } from './benchmark.ts';
import { Child, TSQUIC } from './child.ts';
import { startServer } from './server.ts';
import {
  checksumOf,
  createWorkplace,
  writeRandomFile,
  writeSparseFile,
  type Workplace,
} from './workplace.ts';

const FILE_BYTES = 100_000_000;
const LARGE_BYTES = 1_000_000_000;
const MAX_RSS_BYTES = 150_000_000;
const MIN_MBPS = 400;

/** One transfer between two processes. */
interface Run {
  readonly bytes: number;
  readonly seconds: number;
  readonly mbps: number;
  readonly packets: number;
  readonly lostPackets: number;
  readonly checksumOk: boolean;
  readonly clientCpuSeconds: number;
  readonly serverCpuSeconds: number;
  readonly clientRssBytes: number;
  readonly serverRssBytes: number;
}

/** 100 MB from disk to disk between two processes, ours and node:tls in turn; median of `rounds`. */
export async function measureLoopback(rounds: number): Promise<Findings> {
  const workplace = await createWorkplace();
  try {
    writeRandomFile(join(workplace.root, 'file'), FILE_BYTES);
    const expected = checksumOf(join(workplace.root, 'file'));
    const quic: Run[] = [];
    const tls: Run[] = [];
    for (let round = 0; round < rounds; round++) {
      quic.push(await runQuic(workplace, expected));
      tls.push(await runTls(workplace, expected));
    }
    return findings('100 MB over loopback, two processes, disk to disk', quic, tls);
  } finally {
    workplace.remove();
  }
}

/** One gigabyte through ours, to see that memory does not grow with the file. */
export async function measureMemory(): Promise<Findings> {
  const workplace = await createWorkplace();
  try {
    const path = join(workplace.root, 'file');
    writeSparseFile(path, LARGE_BYTES);
    const run = await runQuic(workplace, checksumOf(path));
    return findings('1 GB over loopback', [run], []);
  } finally {
    workplace.remove();
  }
}

async function runQuic(workplace: Workplace, expected: string): Promise<Run> {
  const { directory, cert } = workplace;
  const server = startServer(workplace);
  const url = `https://127.0.0.1:${await server.listening()}/file`;
  const client = new Child([
    TSQUIC,
    'get',
    url,
    '--ca',
    cert,
    '--out',
    join(directory, 'out'),
    '--json',
    '--quiet',
  ]);
  return finish(client, server, join(directory, 'out', 'file'), expected);
}

async function runTls({ directory, root, cert, key }: Workplace, expected: string): Promise<Run> {
  const out = join(directory, 'tls-out');
  const server = new Child(['benchmarks/programs/tls-server.mjs', join(root, 'file'), cert, key]);
  const client = new Child(['benchmarks/programs/tls-client.mjs', await server.listening(), cert, out]);
  return finish(client, server, out, expected);
}

interface Usage {
  readonly cpuSeconds: number;
  readonly maxRssBytes: number;
}

async function finish(client: Child, server: Child, out: string, expected: string): Promise<Run> {
  try {
    const got = await client.result<
      Usage & Pick<Run, 'bytes' | 'seconds' | 'mbps' | 'packets' | 'lostPackets'>
    >();
    server.stop();
    const served = await server.result<Usage>();
    return {
      bytes: got.bytes,
      seconds: got.seconds,
      mbps: got.mbps,
      packets: got.packets,
      lostPackets: got.lostPackets,
      checksumOk: checksumOf(out) === expected,
      clientCpuSeconds: got.cpuSeconds,
      serverCpuSeconds: served.cpuSeconds,
      clientRssBytes: got.maxRssBytes,
      serverRssBytes: served.maxRssBytes,
    };
  } finally {
    server.stop();
  }
}

function findings(title: string, quic: readonly Run[], tls: readonly Run[]): Findings {
  const ours = medianBy(quic, ({ mbps }) => mbps);
  const theirs = tls.length === 0 ? undefined : medianBy(tls, ({ mbps }) => mbps);
  const right = quic.filter(({ checksumOk }) => checksumOk).length;
  const peakRss = Math.max(
    ...quic.flatMap(({ clientRssBytes, serverRssBytes }) => [clientRssBytes, serverRssBytes]),
  );
  return {
    title,
    table: [
      [
        'stack',
        'Mbit/s',
        'ratio',
        'packets/s',
        'lost',
        'CPU s/GB client',
        'server',
        'peak MB client',
        'server',
      ],
      row('tsquic', ours, theirs?.mbps ?? ours.mbps),
      ...(theirs === undefined ? [] : [row('node:tls over TCP', theirs, theirs.mbps)]),
    ],
    checks: [
      {
        name: `checksums right in ${right} of ${quic.length}`,
        ok: right === quic.length && right > 0,
      },
      { name: `${Math.round(ours.mbps)} Mbit/s, target above ${MIN_MBPS}`, ok: ours.mbps > MIN_MBPS },
      {
        name: `peak ${Math.round(peakRss / 1e6)} MB in a process, target below 150`,
        ok: peakRss < MAX_RSS_BYTES,
      },
    ],
    figures: { tsquic: ours, tls: theirs ?? null },
  };
}

function row(name: string, run: Run, reference: number): string[] {
  const gigabytes = run.bytes / 1e9;
  return [
    name,
    run.mbps.toFixed(0),
    (run.mbps / reference).toFixed(2),
    run.packets === undefined ? '-' : (run.packets / run.seconds).toFixed(0),
    run.lostPackets === undefined ? '-' : String(run.lostPackets),
    (run.clientCpuSeconds / gigabytes).toFixed(1),
    (run.serverCpuSeconds / gigabytes).toFixed(1),
    (run.clientRssBytes / 1e6).toFixed(0),
    (run.serverRssBytes / 1e6).toFixed(0),
  ];
}
