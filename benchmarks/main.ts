// pnpm bench [core] [breadth] [micro] [loopback] [handshakes] [memory] [connections] [startup] [http3] [--rounds N] [--connections N] [--shared] [--json]
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { formatTable, type Findings } from './benchmark.ts';
import { measureBreadth } from './breadth.ts';
import { measureConnections } from './connections.ts';
import { measureCore } from './core.ts';
import { measureHandshakes } from './handshakes.ts';
import { measureHttp3 } from './http3.ts';
import { measureLoopback, measureMemory } from './loopback.ts';
import { measureMicro } from './micro.ts';
import { measureStartup } from './startup.ts';

const BENCHMARKS: Readonly<Record<string, (rounds: number) => Promise<Findings>>> = {
  core: measureCore,
  breadth: measureBreadth,
  micro: measureMicro,
  loopback: measureLoopback,
  handshakes: measureHandshakes,
  memory: measureMemory,
  connections: () => measureConnections(Number(values.connections), values.shared),
  startup: measureStartup,
  http3: measureHttp3,
};

const USAGE = `pnpm bench [NAME...] [--rounds N] [--connections N] [--shared] [--json]

NAME is one of ${Object.keys(BENCHMARKS).join(', ')}. Default: all of these, three rounds each, 2000 connections.
pnpm bench baselines --help tells how other stacks are measured beside.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '2000' },
    shared: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const names = positionals.length === 0 ? Object.keys(BENCHMARKS) : positionals;
const unknown = names.find((name) => BENCHMARKS[name] === undefined);
if (values.help) console.log(USAGE);
else if (unknown === undefined) await main(names, Number(values.rounds), values.json);
else {
  console.error(`bench: no benchmark ${unknown}: use ${Object.keys(BENCHMARKS).join(', ')}`);
  process.exitCode = 1;
}

async function main(chosen: readonly string[], rounds: number, json: boolean): Promise<void> {
  const say = json ? console.error : console.log;
  const machine = {
    node: process.version,
    cpus: cpus().length,
    cpu: cpus()[0]?.model ?? '',
    loadAverage: loadavg()[0] ?? 0,
  };
  say(
    `Node ${machine.node}, ${machine.cpus} × ${machine.cpu}, load average ${machine.loadAverage.toFixed(2)} before`,
  );
  const figures: Record<string, unknown> = { machine };
  let [passed, failed] = [0, 0];
  for (const name of chosen) {
    try {
      const findings = await (BENCHMARKS[name] as (count: number) => Promise<Findings>)(rounds);
      figures[name] = findings.figures;
      say(`\n${findings.title}\n${formatTable(findings.table)}`);
      for (const check of findings.checks) {
        say(`${check.ok ? 'ok  ' : 'FAIL'} ${check.name}`);
        if (check.ok) passed++;
        else failed++;
      }
    } catch (error) {
      say(`\n${name}\nFAIL ${(error as Error).message}`);
      failed++;
    }
  }
  say(`\nload average ${(loadavg()[0] ?? 0).toFixed(2)} after`);
  if (json) console.log(JSON.stringify({ ...figures, passed, failed }));
  say(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
