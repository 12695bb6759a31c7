/**
 * `pnpm workers-proof [moves] [handshakes] [restart] [--json]`: what `listenInWorkers` promises, with clients in processes of their own.
 *
 * - moves: clients that change their port twice stay with their worker; ends with 1 unless all do.
 * - handshakes: how many a second with one worker, and with four.
 * - restart: one worker is replaced under load; ends with 1 unless all other connections stay, and nobody is refused.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createSelfSigned } from 'tsquic/certificates';
import { listenInWorkers, type WorkersListener } from 'tsquic/workers';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    clients: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '10' },
    processes: { type: 'string', default: '4' },
    workers: { type: 'string', default: '4' },
    dispatch: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const [seconds, processes, workers] = [values.seconds, values.processes, values.workers].map(Number) as [
  number,
  number,
  number,
];
const { certificatePem: cert, privateKeyPem: key } = await createSelfSigned({ hosts: ['127.0.0.1'] });
const PROOFS = { moves, handshakes, restart };
const wanted = positionals.length > 0 ? positionals : Object.keys(PROOFS);
for (const name of wanted) {
  const { isKept, ...result } = await PROOFS[name as keyof typeof PROOFS]();
  const told = { proof: name, node: process.version, dispatch: values.dispatch ?? 'default', ...result };
  console.log(values.json ? JSON.stringify(told) : `${name}: ${JSON.stringify(result)}`);
  if (!isKept) process.exitCode = 1;
}

/** `isKept` is false where a promise was broken; the rest is printed. */
interface Proof extends Readonly<Record<string, unknown>> {
  readonly isKept: boolean;
}

async function moves(): Promise<Proof> {
  const server = await serve(workers);
  const amount = Math.ceil(Number(values.clients) / processes);
  const results = await Promise.all(
    Array.from({ length: processes }, () => client(server, { kind: 'moves', amount, together: 8 })),
  );
  const [clients, stayed] = ['clients', 'stayed'].map((name) => sum(results, name)) as [number, number];
  const { passedOn } = await server.statistics();
  await server.close();
  const failures = results.flatMap((result) => result['failures'] as string[]);
  return { isKept: stayed === clients, clients, stayed, passedOn, failures };
}

async function handshakes(): Promise<Proof> {
  const perSecond: Record<string, number> = {};
  let failed = 0;
  for (const count of [1, workers]) {
    const server = await serve(count);
    const results = await Promise.all(
      Array.from({ length: processes }, () =>
        client(server, { kind: 'handshakes', amount: seconds * 1000, together: 8 }),
      ),
    );
    perSecond[`workers${count}`] = Math.round(sum(results, 'made') / seconds);
    failed += sum(results, 'failed');
    await server.close();
  }
  const ratio = Number((perSecond[`workers${workers}`]! / perSecond['workers1']!).toFixed(2));
  return { isKept: true, perSecond, ratio, failed };
}

async function restart(): Promise<Proof> {
  const server = await serve(workers);
  const [victim] = server.workers;
  let ready = 0;
  let began: (() => void) | undefined;
  const allReady = new Promise<void>((resolve) => (began = resolve));
  const running = Array.from({ length: processes }, () =>
    client(server, { kind: 'restart', amount: seconds * 1000, together: 16 }, () => {
      if (++ready === processes) began?.();
    }),
  );
  await allReady;
  // The connections of the replaced worker stay for as long as their clients want, and end with the test.
  const replaced = server.restart({ worker: victim! });
  const results = await Promise.all(running);
  await replaced;
  const after = server.workers;
  await server.close();
  const lost = results.map((result) => result['lost'] as Record<string, number>);
  const lostOthers = lost
    .flatMap((byWorker) => Object.entries(byWorker))
    .filter(([worker]) => Number(worker) !== victim);
  const [made, refused, lostAny] = ['made', 'refused', 'lostAny'].map((name) => sum(results, name)) as [
    number,
    number,
    number,
  ];
  const isKept = lostOthers.length === 0 && refused === 0 && !after.includes(victim!);
  const held = processes * 16;
  const reasons = results.flatMap((result) => result['reasons'] as string[]);
  return {
    isKept,
    held,
    lostOfReplaced: lostAny - lostOthers.length,
    lostOthers: lostOthers.length,
    made,
    refused,
    after,
    reasons,
  };
}

function serve(count: number): Promise<WorkersListener> {
  return listenInWorkers({
    module: new URL('module.ts', import.meta.url),
    workers: count,
    host: '127.0.0.1',
    data: { cert, key },
    ...(values.dispatch === undefined ? {} : { dispatch: values.dispatch as 'system' | 'thread' }),
  });
}

/** Run a client process; returns what it printed. */
async function client(
  server: WorkersListener,
  task: object,
  onReady: () => void = () => {},
): Promise<Record<string, unknown>> {
  const script = fileURLToPath(new URL('client.ts', import.meta.url));
  const loader = new URL('../ts.mjs', import.meta.url).href;
  const words = ['-C', 'tsquic-src', '--no-warnings', '--import', loader, script];
  const program = spawn(
    process.execPath,
    [...words, JSON.stringify({ port: server.address.port, ca: cert, ...task })],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  program.stdout.on('data', (data: Buffer) => (output += data.toString()));
  program.stderr.on('data', (data: Buffer) => {
    if (data.toString().includes('ready')) onReady();
    else process.stderr.write(data);
  });
  const [code] = (await once(program, 'close')) as [number];
  if (code !== 0) throw new Error(`a client process ended with ${code}`);
  return JSON.parse(output) as Record<string, unknown>;
}

function sum(results: readonly Record<string, unknown>[], name: string): number {
  return results.reduce((total, result) => total + Number(result[name]), 0);
}
