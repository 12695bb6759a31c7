import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import type { ConnectionStatistics, QuicContextOptions, TransportOptions } from '@tsquic/quic-core';
import { createAdversary } from './adversary.ts';
import { ExchangeProgress } from './exchange-progress.ts';
import type { CpuOptions } from './host.ts';
import { type Violation, watchInvariants } from './invariants.ts';
import type { Observer } from './observer.ts';
import type { LoopOptions } from './loop.ts';
import { createPair, type HostExtras, type Pair } from './pair.ts';
import type { Scenario } from './scenario.ts';

/** What a run needs besides its scenario. */
export interface ScenarioRunOptions {
  readonly seed: number;
  /** Makes a crypto provider that draws from this seeded source; called once for each side. */
  readonly createCrypto: (random: RandomSource) => CryptoProvider;
  /** The controllers that scenarios may name. */
  readonly congestion?: Readonly<Record<string, NonNullable<QuicContextOptions['congestion']>>>;
  /** Watch beside the invariants. */
  readonly observers?: readonly Observer[];
  /** Key-log lines of the client. */
  readonly onKeyLog?: (line: string) => void;
}

/** What a run came to. */
export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Empty when the run passed. */
  readonly faults: readonly string[];
  /** Virtual time at which the goal was reached; the ceiling when it was not. */
  readonly tookUs: number;
  readonly violations: readonly Violation[];
  /** At the goal; undefined where there was no connection. */
  readonly client: ConnectionStatistics | undefined;
  readonly server: ConnectionStatistics | undefined;
  readonly pair: Pair;
}

/** Run one scenario with one seed. Never throws for what the contexts do: an exception is a fault of the run. */
export function runScenario(scenario: Scenario, options: ScenarioRunOptions): ScenarioResult {
  const progress = new ExchangeProgress(scenario.exchanges);
  const pair = createScenarioPair(scenario, options, progress);
  const violations = watchInvariants(pair.world);
  if (scenario.attacks !== undefined) pair.world.observe(createAdversary(pair.world, scenario.attacks));
  for (const observer of options.observers ?? []) pair.world.observe(observer);

  const faults: string[] = [];
  let tookUs = scenario.ceilingUs;
  let statistics: [ConnectionStatistics | undefined, ConnectionStatistics | undefined] = [
    undefined,
    undefined,
  ];
  try {
    pair.connect();
    const hasReachedGoal = goalOf(scenario, pair, progress);
    if (pair.run(hasReachedGoal, scenario.ceilingUs)) tookUs = pair.world.nowUs;
    else faults.push(`not done within ${scenario.ceilingUs / 1000} ms: ${stateOf(pair, progress)}`);
    statistics = [pair.client.connections[0]?.statistics(), pair.server.connections[0]?.statistics()];
    faults.push(...progress.faults(pair));
    faults.push(...finish(scenario, pair));
  } catch (error) {
    faults.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  for (const { atUs, what } of violations) faults.push(`at ${atUs} µs: ${what}`);
  const [client, server] = statistics;
  return { scenario, seed: options.seed, faults, tookUs, violations, client, server, pair };
}

function createScenarioPair(
  scenario: Scenario,
  options: ScenarioRunOptions,
  progress: ExchangeProgress,
): Pair {
  const congestion =
    scenario.congestion === undefined ? undefined : options.congestion?.[scenario.congestion];
  if (scenario.congestion !== undefined && congestion === undefined) {
    throw new Error(`no congestion controller is called ${scenario.congestion}`);
  }
  const { link, up, down, nat, chainBytes } = scenario;
  const side = (transport: TransportOptions | undefined): Partial<QuicContextOptions> => ({
    ...(transport !== undefined && { transport }),
    ...(congestion !== undefined && { congestion }),
  });
  const machine = (cpu: CpuOptions | undefined, loop: LoopOptions | undefined): HostExtras => ({
    ...(cpu !== undefined && { cpu }),
    ...(loop !== undefined && { loop }),
    ...(scenario.clockOriginUs !== undefined && { clockOriginUs: scenario.clockOriginUs }),
  });
  return createPair({
    createCrypto: options.createCrypto,
    seed: options.seed,
    ...(link !== undefined && { link }),
    ...(up !== undefined && { up }),
    ...(down !== undefined && { down }),
    ...(chainBytes !== undefined && { chainBytes }),
    client: {
      ...side(scenario.client),
      ...(options.onKeyLog !== undefined && { onKeyLog: options.onKeyLog }),
    },
    server: { ...side(scenario.server), ...(scenario.retry !== undefined && { retry: scenario.retry }) },
    clientHost: {
      keepsBytes: false,
      ...(nat !== undefined && { nat }),
      ...machine(scenario.clientCpu, scenario.clientLoop),
    },
    serverHost: {
      keepsBytes: false,
      respond: (_request, streamId) => progress.responseBytes(streamId),
      ...machine(scenario.serverCpu, scenario.serverLoop),
    },
  });
}

function goalOf(scenario: Scenario, pair: Pair, progress: ExchangeProgress): () => boolean {
  if (scenario.ends !== undefined && scenario.exchanges.length === 0) return () => pair.client.has('closed');
  const startUs = scenario.pauseUs ?? 0;
  // Gives the clock an instant to stop at.
  pair.world.at(startUs, () => undefined);
  return () => {
    if (pair.client.has('closed')) return true;
    if (pair.client.has('connected') && pair.world.nowUs >= startUs) progress.advance(pair);
    return progress.isComplete;
  };
}

/** Close, and see that both sides come to an end. */
function finish(scenario: Scenario, pair: Pair): string[] {
  const connection = pair.client.connections[0];
  if (connection !== undefined && connection.closeReason === undefined && scenario.ends === undefined)
    connection.close();
  const hasEnded = (): boolean =>
    pair.client.has('closed') &&
    pair.server.eventsOf('closed').length === pair.server.eventsOf('accepted').length;
  const faults: string[] = [];
  if (!pair.run(hasEnded, ENDING_US)) faults.push('a side never closed');
  const closed = pair.client.eventsOf('closed')[0];
  const expected = scenario.ends ?? 'application';
  if (closed !== undefined && closed.reason.kind !== expected) {
    faults.push(`the client ended by ${describeReason(closed.reason)}, not ${expected}`);
  }
  for (const { reason } of pair.server.eventsOf('closed')) {
    // A close before the handshake is over must not show its application code: RFC 9000 §10.2.3.
    if (reason.kind === 'transport' && reason.code !== APPLICATION_ERROR)
      faults.push(`the server ended by ${describeReason(reason)}`);
  }
  return faults;
}

function describeReason(reason: object): string {
  return JSON.stringify(reason, (_key, value: unknown) => (value instanceof Error ? value.stack : value));
}

function stateOf(pair: Pair, progress: ExchangeProgress): string {
  const last = pair.client.events.at(-1)?.type ?? 'none';
  return `${progress.completed} exchanges complete, last event ${last}, client ${pair.client.connections[0]?.statistics().state ?? 'gone'}`;
}

/** A close may be lost: then the other side ends by its idle timeout, which is below five minutes in every scenario. */
const ENDING_US = 400_000_000;

const APPLICATION_ERROR = 0x0c;
