import { medianBy, type Findings } from './benchmark.ts';
import { Child } from './child.ts';
import { bun } from '../interop/peers/bun/peer.ts';
import { npmProgram } from '../interop/peers/npm-package.ts';
import { createWorkplace, type Workplace } from './workplace.ts';

const BYTES = 100_000_000;
/** How much slower a download over HTTP/3 may be than the same bytes on a bare stream. */
const MOST_RATIO = 1.15;

type Kind = 'h3' | 'h2' | 'raw' | 'bun';

/** Requests of HTTP/3 beside node:http2 and Bun's, and a download beside a bare stream, in turn; medians of `rounds`. */
export async function measureHttp3(rounds: number): Promise<Findings> {
  const workplace = await createWorkplace();
  const bunVersion = await bun.install();
  const runs = new Map<string, { perSecond: number; seconds: number; cpuSeconds: number }[]>();
  const run = async (kind: Kind, name: string, ...work: string[]): Promise<void> => {
    const found = await measure(workplace, kind, work);
    runs.set(`${kind} ${name}`, [...(runs.get(`${kind} ${name}`) ?? []), found]);
  };
  try {
    for (let round = 0; round < rounds; round++) {
      for (const kind of ['h3', 'h2', 'bun'] as const) {
        await run(kind, '1', 'requests', '3000', '1');
        await run(kind, '32', 'requests', '10000', '32');
      }
      for (const kind of ['h3', 'raw', 'h2', 'bun'] as const)
        await run(kind, 'download', 'download', `${BYTES}`);
    }
  } finally {
    workplace.remove();
  }
  return findings(bunVersion, (key, figure) => medianBy(runs.get(key)!, (one) => one[figure])[figure]);
}

async function measure(
  { cert, key }: Workplace,
  kind: Kind,
  work: readonly string[],
): Promise<{ perSecond: number; seconds: number; cpuSeconds: number }> {
  const program = kind === 'bun' ? npmProgram('bun') : process.execPath;
  const server = new Child(['benchmarks/programs/http-server.mjs', kind, cert, key], program);
  try {
    const port = await server.listening();
    const words = ['benchmarks/programs/http-client.mjs', kind, port, cert, ...work];
    return await new Child(words, program).result();
  } finally {
    server.stop();
  }
}

function findings(
  bunVersion: string,
  median: (key: string, figure: 'perSecond' | 'seconds') => number,
): Findings {
  const perSecond = (key: string): string => median(key, 'perSecond').toFixed(0);
  const rate = (key: string): number => (BYTES * 8) / 1e6 / median(key, 'seconds');
  const ratio = median('h3 download', 'seconds') / median('raw download', 'seconds');
  return {
    title: 'http3: requests a second (1 KiB each), and 100 MB; one connection, two processes',
    table: [
      ['', 'one at a time', '32 at a time', '100 MB, Mbit/s'],
      [
        'tsquic/http3, fetch and serve',
        perSecond('h3 1'),
        perSecond('h3 32'),
        rate('h3 download').toFixed(0),
      ],
      ['node:http2', perSecond('h2 1'), perSecond('h2 32'), rate('h2 download').toFixed(0)],
      [
        `Bun ${bunVersion}, fetch and serve`,
        perSecond('bun 1'),
        perSecond('bun 32'),
        rate('bun download').toFixed(0),
      ],
      ['tsquic, a bare stream', '', '', rate('raw download').toFixed(0)],
    ],
    checks: [
      {
        name: `100 MB take at most ${MOST_RATIO} of the time of a bare stream: ${ratio.toFixed(2)}`,
        ok: ratio <= MOST_RATIO,
      },
    ],
    figures: {
      requestsPerSecond: {
        h3: [median('h3 1', 'perSecond'), median('h3 32', 'perSecond')],
        http2: [median('h2 1', 'perSecond'), median('h2 32', 'perSecond')],
        bun: [median('bun 1', 'perSecond'), median('bun 32', 'perSecond')],
      },
      downloadSeconds: {
        h3: median('h3 download', 'seconds'),
        raw: median('raw download', 'seconds'),
        http2: median('h2 download', 'seconds'),
        bun: median('bun download', 'seconds'),
      },
    },
  };
}
