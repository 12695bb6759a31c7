import { setTimeout as pause } from 'node:timers/promises';
import type { Check, Findings } from './benchmark.ts';
import { Child } from './child.ts';
import { createWorkplace, type Workplace } from './workplace.ts';

const WAYS = {
  core: 'the core over a QuicLoop',
  tsquic: 'listen and connect of tsquic',
  shared: 'the same, clients on one socket',
} as const;
type Way = keyof typeof WAYS;

/** Connections that come and go before the others: the code they run is compiled then, and no longer counts. */
const WARM_UP = 100;
/** Long enough for the last acknowledgements, for closed connections to be forgotten, and for buffers to be given back. */
const SETTLE_MS = 6000;
const HOLD_MS = 1500;
/** Promises, web streams and the handler of each connection come on top of the core. */
const MAX_KIB = { core: 20, tsquic: 28, shared: 28 } as const;

/** Memory beyond the baseline, garbage apart. */
interface Memory {
  readonly open: number;
  readonly liveBytes: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly rssBytes: number;
}

/** Milliseconds, by a timer of 1 ms. */
interface Delay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

interface Run {
  readonly way: Way;
  readonly asked: number;
  readonly answered: number;
  readonly closed: number;
  /** Left at the server after all have closed. */
  readonly left: number;
  readonly perSecond: number;
  readonly server: Memory;
  readonly client: Memory;
  readonly openingDelay: Delay;
  readonly idleDelay: Delay;
}

/**
 * Many connections open at once in one server process, each with a stream that has been used, all of them idle.
 *
 * @param isShared - whether clients of `connect` share a socket, for more connections than a process may have descriptors.
 */
export async function measureConnections(count: number, isShared: boolean): Promise<Findings> {
  const workplace = await createWorkplace();
  try {
    const runs: Run[] = [];
    for (const way of ['core', isShared ? 'shared' : 'tsquic'] as const)
      runs.push(await hold(way, count, workplace));
    return findings(count, runs);
  } finally {
    workplace.remove();
  }
}

async function hold(way: Way, count: number, { cert, key }: Workplace): Promise<Run> {
  const server = new Child(['--expose-gc', 'benchmarks/programs/held-server.mjs', way, cert, key]);
  const client = new Child([
    '--expose-gc',
    'benchmarks/programs/held-client.mjs',
    way,
    await server.listening(),
    cert,
  ]);
  try {
    await client.answer();
    await client.ask({ ask: 'open', count: WARM_UP });
    await client.ask({ ask: 'close' });
    await pause(SETTLE_MS);
    await Promise.all([server.ask('baseline'), client.ask({ ask: 'baseline' })]);
    const opened = await client.ask<{ answered: number; seconds: number }>({ ask: 'open', count }, (done) =>
      console.error(`  ${way}: ${done} of ${count} connections`),
    );
    const { delay: openingDelay } = await server.ask<{ delay: Delay }>('delay');
    await pause(SETTLE_MS);
    const [atServer, atClient] = await Promise.all([
      server.ask<Memory>('findings'),
      client.ask<Memory>({ ask: 'findings' }),
    ]);
    await pause(HOLD_MS);
    const { delay: idleDelay } = await server.ask<{ delay: Delay }>('delay');
    const { closed } = await client.ask<{ closed: number }>({ ask: 'close' });
    await pause(SETTLE_MS);
    const { open: left } = await server.ask<{ open: number }>('end');
    return {
      way,
      asked: count,
      answered: opened.answered,
      closed,
      left,
      perSecond: opened.answered / opened.seconds,
      server: atServer,
      client: atClient,
      openingDelay,
      idleDelay,
    };
  } finally {
    server.stop();
    client.stop();
  }
}

function findings(count: number, runs: readonly Run[]): Findings {
  return {
    title: `${count} connections at once, each with a used stream, two processes; KiB for each while idle`,
    table: [
      [
        'way',
        'opened/s',
        'server KiB',
        '(heap + external)',
        'resident',
        'client KiB',
        'loop delay p99 ms opening',
        'idle',
      ],
      ...runs.map(row),
    ],
    checks: runs.flatMap((run) => judge(run)),
    figures: { count, runs },
  };
}

function row({ way, perSecond, server, client, openingDelay, idleDelay, answered }: Run): string[] {
  const each = (bytes: number): string => (bytes / answered / 1024).toFixed(1);
  return [
    WAYS[way],
    perSecond.toFixed(0),
    each(server.liveBytes),
    `${each(server.heapBytes)} + ${each(server.externalBytes)}`,
    each(server.rssBytes),
    each(client.liveBytes),
    openingDelay.p99.toFixed(1),
    idleDelay.p99.toFixed(1),
  ];
}

function judge({ way, asked, answered, closed, left, server, client }: Run): Check[] {
  const kib = server.liveBytes / answered / 1024;
  return [
    {
      name: `${way}: ${answered} of ${asked} connect and get their answer, ${Math.min(server.open, client.open)} are held, ${closed} close, ${left} are left`,
      ok: [answered, server.open, client.open, closed].every((number) => number === asked) && left === 0,
    },
    {
      name: `${way}: ${kib.toFixed(1)} KiB of an idle connection at the server, target ${MAX_KIB[way]}`,
      ok: kib <= MAX_KIB[way],
    },
  ];
}
