import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createCapture,
  RUNNER_CASES,
  runRunnerCase,
  type RunnerResult,
  type ScenarioRunOptions,
  TEST_UNIX_TIME_US,
} from '@tsquic/simulator';

/** What became of a case. */
export type RunnerVerdict = RunnerResult | { readonly name: string; readonly notApplicable: string };

/** A case by its place in the list, and where its captures go, if anywhere. */
export interface RunnerInput {
  readonly index: number;
  readonly seed: number;
  readonly directory: string | undefined;
}

/** Run one of the runner's cases. */
export function runRunnerJob(
  { index, seed, directory }: RunnerInput,
  { createCrypto }: Omit<ScenarioRunOptions, 'seed'>,
): RunnerVerdict {
  const runnerCase = RUNNER_CASES[index]!;
  if ('notApplicable' in runnerCase) return runnerCase;
  if (directory === undefined) return runRunnerCase(runnerCase, { createCrypto, seed });
  const left = createCapture('client', TEST_UNIX_TIME_US);
  const right = createCapture('server', TEST_UNIX_TIME_US);
  const lines: string[] = [];
  const result = runRunnerCase(runnerCase, {
    createCrypto,
    seed,
    observers: [left, right],
    onKeyLog: (line) => void lines.push(`${line}\n`),
  });
  const place = join(directory, runnerCase.name);
  mkdirSync(place, { recursive: true });
  const servers = result.serverAddresses.map(({ ip, port }) => ({ host: ip, port }));
  const side = (file: string): object => ({ file, server: servers[0], preferred: servers[1] });
  const about = {
    testCase: runnerCase.name,
    left: side('left.pcap'),
    right: side('right.pcap'),
    keyLog: 'keys.log',
  };
  writeFileSync(join(place, 'left.pcap'), left.file());
  writeFileSync(join(place, 'right.pcap'), right.file());
  writeFileSync(join(place, 'keys.log'), lines.join(''));
  writeFileSync(join(place, 'capture.json'), `${JSON.stringify(about, undefined, 2)}\n`);
  return result;
}
