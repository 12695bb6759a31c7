import { medianBy, type Findings } from './benchmark.ts';
import { Child } from './child.ts';
import { startServer } from './server.ts';
import { createWorkplace, type Workplace } from './workplace.ts';

const COUNT = 100;

interface Run {
  /** Handshakes that were completed. */
  readonly succeeded: number;
  readonly perSecond: number;
}

/** Handshakes one after the other, certificate checked, ours and node:tls in turn; median of `rounds`. */
export async function measureHandshakes(rounds: number): Promise<Findings> {
  const workplace = await createWorkplace();
  try {
    const quic: Run[] = [];
    const tls: Run[] = [];
    for (let round = 0; round < rounds; round++) {
      quic.push(await runQuic(workplace));
      tls.push(await runTls(workplace));
    }
    return findings(quic, tls);
  } finally {
    workplace.remove();
  }
}

async function runQuic(workplace: Workplace): Promise<Run> {
  const server = startServer(workplace);
  return finish(server, [
    'benchmarks/programs/quic-handshakes.mjs',
    await server.listening(),
    workplace.cert,
    String(COUNT),
  ]);
}

async function runTls({ cert, key }: Workplace): Promise<Run> {
  const server = new Child(['benchmarks/programs/tls-server.mjs', '-', cert, key]);
  return finish(server, [
    'benchmarks/programs/tls-handshakes.mjs',
    await server.listening(),
    cert,
    String(COUNT),
  ]);
}

async function finish(server: Child, client: readonly string[]): Promise<Run> {
  try {
    return await new Child(client).result<Run>();
  } finally {
    server.stop();
  }
}

function findings(quic: readonly Run[], tls: readonly Run[]): Findings {
  const [ours, theirs] = [quic, tls].map(
    (runs) => medianBy(runs, ({ perSecond }) => perSecond).perSecond,
  ) as [number, number];
  const succeeded = quic.reduce((sum, run) => sum + run.succeeded, 0);
  const asked = COUNT * quic.length;
  return {
    title: `${COUNT} sequential handshakes, certificates checked, two processes`,
    table: [
      ['stack', 'handshakes/s', 'ms each', 'ratio'],
      ['tsquic', ours.toFixed(0), (1000 / ours).toFixed(2), (ours / theirs).toFixed(2)],
      ['node:tls over TCP', theirs.toFixed(0), (1000 / theirs).toFixed(2), '1.00'],
    ],
    checks: [{ name: `${succeeded} of ${asked} handshakes succeed`, ok: succeeded === asked && asked > 0 }],
    figures: { tsquicPerSecond: ours, tlsPerSecond: theirs },
  };
}
