import { writeFileSync } from 'node:fs';
import {
  ADVERSARIES,
  createCapture,
  createRandomScenario,
  createTimeline,
  drawChart,
  drawnScenario,
  MULTIPATH_SCENARIOS,
  runScenario,
  type Scenario,
  scenarioByName,
  type ScenarioResult,
  SCENARIOS,
  TEST_UNIX_TIME_US,
  type Timeline,
} from '@tsquic/simulator';
import type { Arguments, Outcome } from '../arguments.ts';
import { runAdversaries } from './adversary.ts';
import { createSurroundings } from '../surroundings.ts';
import { drawTable, milliseconds } from '../table.ts';

/** Run one scenario and draw what happened, or all of them with a line each. */
export function scenarioCommand(args: Arguments): Outcome {
  if (args.name === 'all') return runEverything(args);
  if (args.name === 'multipath') return runAll(MULTIPATH_SCENARIOS, args);
  if (args.name === 'adversary') return runAdversaries(ADVERSARIES, args);
  const adversary = ADVERSARIES.find(({ name }) => name === args.name);
  if (adversary !== undefined) return runAdversaries([adversary], args);
  const scenario = scenarioOf(args.name);
  if (scenario === undefined) {
    args.say(`no scenario is called '${args.name}': pnpm sim --list`);
    return { passed: 0, failed: 1, results: [] };
  }
  return runOne(scenario, args);
}

function runEverything(args: Arguments): Outcome {
  const parts = [runAll([...SCENARIOS, ...MULTIPATH_SCENARIOS], args), runAdversaries(ADVERSARIES, args)];
  const sum = (of: (part: Outcome) => number): number => parts.reduce((total, part) => total + of(part), 0);
  return {
    passed: sum((part) => part.passed),
    failed: sum((part) => part.failed),
    results: parts.map((part) => part.results),
  };
}

/** One line for each scenario. */
export function runAll(scenarios: readonly Scenario[], args: Arguments): Outcome {
  const surroundings = createSurroundings(args.crypto);
  const seed = args.seed ?? 1;
  const results: unknown[] = [];
  let failed = 0;
  for (const scenario of scenarios) {
    const startedMs = performance.now();
    const result = runScenario(scenario, { ...surroundings, seed });
    const realMs = (performance.now() - startedMs).toFixed(0);
    const took = `${milliseconds(result.tookUs)} of ${milliseconds(scenario.ceilingUs)} ms`;
    const verdict = result.faults.length === 0 ? 'ok  ' : 'FAIL';
    args.say(`${verdict} ${scenario.name.padEnd(24)} ${took.padStart(24)}  ${realMs.padStart(6)} ms real`);
    results.push(recordOf(result));
    if (result.faults.length === 0) continue;
    failed++;
    printFaults(result, args);
  }
  return { passed: scenarios.length - failed, failed, results };
}

/** The first faults of a run, with the command that repeats it. */
function printFaults(result: ScenarioResult, { say }: Arguments): void {
  for (const fault of result.faults.slice(0, 3)) say(`     ${fault}`);
  say(`     repeat: pnpm sim ${result.scenario.name} --seed ${result.seed}`);
}

/** What of a run goes into JSON. */
function recordOf({ scenario, seed, faults, tookUs, client, server }: ScenarioResult): object {
  return { name: scenario.name, seed, faults, tookUs, ceilingUs: scenario.ceilingUs, client, server };
}

/** A made-up scenario keeps its name, so that a failure can be looked at alone. */
function scenarioOf(name: string): Scenario | undefined {
  const seed = /^random-(\d+)$/.exec(name)?.[1];
  return seed === undefined ? scenarioByName(name) : createRandomScenario(Number(seed));
}

function runOne(scenario: Scenario, args: Arguments): Outcome {
  const seed = args.seed ?? Number(/^random-(\d+)$/.exec(scenario.name)?.[1] ?? 1);
  const keyLog: string[] = [];
  const capture = createCapture('client', TEST_UNIX_TIME_US);
  const server = createTimeline('server');
  const client = createTimeline('client');
  const result = runScenario(scenario, {
    ...createSurroundings(args.crypto),
    seed,
    observers: args.pcap === undefined ? [server, client] : [server, client, capture],
    onKeyLog: (line) => void keyLog.push(line),
  });

  args.say(`${scenario.name}: ${scenario.about}`);
  if (scenario.name.startsWith('random-')) args.say(`drawn: ${drawnScenario(scenario)}`);
  args.say(`seed ${seed}, ${milliseconds(result.tookUs)} ms of ${milliseconds(scenario.ceilingUs)} ms\n`);
  printCharts(client, server, args);
  printFigures(result, args);
  if (args.pcap !== undefined) {
    writeFileSync(args.pcap, capture.file());
    writeFileSync(`${args.pcap}.keys`, keyLog.map((line) => `${line}\n`).join(''));
    args.say(`\n${args.pcap} holds the datagrams as the client sees them, ${args.pcap}.keys the keys`);
  }
  if (result.faults.length > 0) printFaults(result, args);
  const failed = result.faults.length === 0 ? 0 : 1;
  return { passed: 1 - failed, failed, results: [recordOf(result)] };
}

/** Charts of the side that sent more. */
function printCharts(client: Timeline, server: Timeline, { say }: Arguments): void {
  const sentBy = (timeline: Timeline): number => timeline.sentBytes.at(-1)?.value ?? 0;
  const isDownload = sentBy(server) >= sentBy(client);
  const [sender, receiver] = isDownload ? [server, client] : [client, server];
  const format = (value: number): string => `${(value / 1000).toFixed(1)} KB`;
  const name = isDownload ? 'server' : 'client';
  say(
    drawChart(
      [
        { mark: '·', label: 'sent', points: sender.sentBytes },
        { mark: '#', label: 'received', points: receiver.receivedBytes },
      ],
      { title: `time sequence, ${name} sending`, format },
    ),
  );
  say(
    `\n${drawChart(
      [
        { mark: '─', label: 'congestion window', points: sender.windowBytes },
        { mark: '·', label: 'in flight', points: sender.inFlightBytes },
      ],
      { title: `window of the ${name}`, format },
    )}\n`,
  );
}

function printFigures({ client, server, pair }: ScenarioResult, { say }: Arguments): void {
  const rows = [['', 'client', 'server']];
  const row = (label: string, of: (side: NonNullable<typeof client>) => string): void => {
    rows.push([label, client === undefined ? '-' : of(client), server === undefined ? '-' : of(server)]);
  };
  row('handshake ms', (side) => (side.handshakeUs / 1000).toFixed(1));
  row('packets sent', (side) => String(side.packetsSent));
  row('packets lost', (side) => String(side.packetsLost));
  row('spuriously lost', (side) => String(side.packetsSpuriouslyLost));
  row('packets dropped', (side) => String(side.packetsDropped));
  row('probe timeouts', (side) => String(side.probeTimeouts));
  row('smoothed RTT ms', (side) => (side.smoothedRttUs / 1000).toFixed(1));
  row('window bytes', (side) => String(side.congestionWindowBytes));
  say(drawTable(rows));
  for (const { name, counters, queue } of pair.world.links) {
    const { entered, lost, corrupted, duplicated, delivered } = counters;
    const fates = `lost ${lost}, queue dropped ${queue.dropped}, marked ${queue.marked}`;
    say(
      `${name}: entered ${entered}, ${fates}, corrupted ${corrupted}, doubled ${duplicated}, delivered ${delivered}`,
    );
  }
}
