import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type HashedScenario, runTraceHashes } from '@tsquic/simulator';
import { chooseRuntimes, installRuntime, runIn } from '../../../../tools/runtimes.ts';
import type { Arguments, Outcome } from '../arguments.ts';
import { createSurroundings } from '../surroundings.ts';
import { drawTable } from '../table.ts';

/** What goes over the links in a fixed set of scenarios, as hashes; with `--runtimes`, the same in every runtime. */
export function hashCommand(args: Arguments): Outcome | Promise<Outcome> {
  const seed = args.seed ?? 1;
  args.say(`seed ${seed}, cryptography in JavaScript`);
  return args.runtimes ? compareRuntimes(seed, args) : hashHere(seed, args);
}

function hashHere(seed: number, args: Arguments): Outcome {
  const hashes = runTraceHashes({ ...createSurroundings('noble'), seed });
  const rows = hashes.map(({ name, datagrams, sha256 }) => [name, String(datagrams), sha256]);
  args.say(drawTable([['scenario', 'datagrams', 'SHA-256'], ...rows]));
  args.say(`all ${totalOf(hashes)}`);
  const failed = sayFaults('this runtime', hashes, args);
  return { passed: hashes.length - failed, failed, results: { seed, hashes, all: totalOf(hashes) } };
}

/** What one runtime came to. */
interface RuntimeHashes {
  readonly runtime: string;
  readonly hashes: readonly HashedScenario[];
  readonly fault: string | undefined;
}

async function compareRuntimes(seed: number, args: Arguments): Promise<Outcome> {
  build();
  const found: RuntimeHashes[] = [];
  // What a version of a line adds does not change arithmetic: the newest of each is enough.
  for (const choice of chooseRuntimes([]).filter(({ name }) => !name.endsWith('-oldest'))) {
    const outcome = await installRuntime(choice)
      .then((runtime) =>
        runIn<HashedScenario[]>(runtime, 'packages/simulator/bin/hash-child.ts', String(seed)),
      )
      .then(
        (hashes) => ({ hashes, fault: undefined }),
        (error: unknown) => ({ hashes: [], fault: (error as Error).message }),
      );
    found.push({ runtime: choice.name, ...outcome });
  }
  args.say(drawTable(tableOf(found)));
  let passed = 0;
  for (const { runtime, hashes, fault } of found) {
    if (fault !== undefined) args.say(`FAIL ${runtime}: ${fault}`);
    const isEqual = hashes.length > 0 && totalOf(hashes) === totalOf(found[0]!.hashes);
    if (isEqual && sayFaults(runtime, hashes, args) === 0) passed++;
  }
  return { passed, failed: found.length - passed, results: { seed, runtimes: found } };
}

/** A column for each runtime: the beginnings of its hashes. */
function tableOf(found: readonly RuntimeHashes[]): string[][] {
  const names = found.find(({ hashes }) => hashes.length > 0)?.hashes.map(({ name }) => name) ?? [];
  const short = (hex: string | undefined): string => hex?.slice(0, 12) ?? '-';
  return [
    ['scenario', ...found.map(({ runtime }) => runtime)],
    ...names.map((name, index) => [name, ...found.map(({ hashes }) => short(hashes[index]?.sha256))]),
    ['all', ...found.map(({ hashes }) => (hashes.length === 0 ? '-' : short(totalOf(hashes))))],
  ];
}

function totalOf(hashes: readonly HashedScenario[]): string {
  return createHash('sha256')
    .update(hashes.map(({ sha256 }) => sha256).join('\n'))
    .digest('hex');
}

/** How many scenarios had faults. */
function sayFaults(runtime: string, hashes: readonly HashedScenario[], args: Arguments): number {
  const faulty = hashes.filter(({ faults }) => faults.length > 0);
  for (const { name, faults } of faulty) args.say(`FAIL ${name} in ${runtime}: ${faults[0]}`);
  return faulty.length;
}

/** Other runtimes get JavaScript: what they are to agree about is not how types are taken away. */
function build(): void {
  const words = ['node_modules/typescript-7/bin/tsc', '-b', 'packages/simulator', 'packages/congestion'];
  const { status } = spawnSync(process.execPath, words, {
    cwd: fileURLToPath(new URL('../../../..', import.meta.url)),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error('the packages do not compile');
}
