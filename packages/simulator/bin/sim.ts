import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { ceilingsCommand } from './commands/ceilings.ts';
import { fairnessCommand } from './commands/fairness.ts';
import { fuzzCommand } from './commands/fuzz.ts';
import { handshakeMasksCommand } from './commands/handshake-masks.ts';
import { hashCommand } from './commands/hash.ts';
import { listScenarios, scenarioRecords } from './commands/list.ts';
import { lossTableCommand } from './commands/loss-table.ts';
import { randomCommand } from './commands/random.ts';
import { runnerCommand } from './commands/runner.ts';
import { scenarioCommand } from './commands/scenario.ts';
import { stallsCommand } from './commands/stalls.ts';
import { trialsCommand } from './commands/trials.ts';
import type { Command } from './arguments.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  'loss-table': lossTableCommand,
  'handshake-masks': handshakeMasksCommand,
  random: randomCommand,
  fuzz: fuzzCommand,
  hash: hashCommand,
  ceilings: ceilingsCommand,
  fairness: fairnessCommand,
  stalls: stallsCommand,
  runner: runnerCommand,
  recovery: trialsCommand,
  asymmetry: trialsCommand,
  worlds: trialsCommand,
};

const USAGE = `pnpm sim NAME [--seed N] [--seeds N] [--pcap PATH] [--crypto node|noble] [--large] [--runtimes] [--lanes N] [--json]
pnpm sim --list

NAME is a scenario, 'adversary' or 'multipath' for all of these, 'all', or one of: ${Object.keys(COMMANDS).join(', ')}`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    large: { type: 'boolean', default: false },
    runtimes: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    lanes: { type: 'string' },
    seed: { type: 'string' },
    seeds: { type: 'string' },
    pcap: { type: 'string' },
    crypto: { type: 'string', default: 'node' },
  },
});

const name = positionals[0];
if (values.list) {
  console.log(values.json ? JSON.stringify(scenarioRecords()) : listScenarios());
} else if (values.help || name === undefined) {
  console.log(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else {
  const command = COMMANDS[name] ?? scenarioCommand;
  const say = values.json ? console.error : console.log;
  const { passed, failed, notApplicable, results } = await command({
    name,
    seed: numberOf(values.seed),
    seeds: numberOf(values.seeds),
    pcap: values.pcap,
    large: values.large,
    runtimes: values.runtimes,
    lanes: numberOf(values.lanes) ?? availableParallelism(),
    say,
    crypto: values.crypto === 'noble' ? 'noble' : 'node',
  });
  if (values.json) console.log(JSON.stringify({ command: name, results, passed, failed, notApplicable }));
  const others = notApplicable === undefined ? '' : `, ${notApplicable} n/a`;
  say(`${passed} passed, ${failed} failed${others}`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a whole number: ${text}`);
  return value;
}
