import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import type { ConnectionStatistics, QuicContextOptions } from '@tsquic/quic-core';
import { createAdversary } from './adversary.ts';
import { ClientMoves } from './client-moves.ts';
import { DatagramTraffic } from './datagram-traffic.ts';
import { earlyDataFaults } from './early-data-faults.ts';
import { ExchangeProgress } from './exchange-progress.ts';
import type { CpuOptions } from './host.ts';
import { createPathUseWatch, type PathUseWatch } from './invariant/path-use.ts';
import { type Violation, watchInvariants } from './invariants.ts';
import type { Observer } from './observer.ts';
import type { LoopOptions } from './loop.ts';
import { versionFaults } from './negotiated-version.ts';
import { createConnectedPair, createPair, type HostExtras, type Pair } from './pair.ts';
import { PathChecks } from './path-checks.ts';
import { PATH_SCHEDULERS } from './path-schedulers.ts';
import type { Scenario } from './scenario.ts';
import { addressesOf, addScenarioRoutes, hostAddresses } from './scenario-addresses.ts';

/** Options of a run. */
export interface ScenarioRunOptions {
  readonly seed: number;
  /** Makes a crypto provider over this seeded source; is called once for each side. */
  readonly createCrypto: (random: RandomSource) => CryptoProvider;
  /** Congestion controllers that scenarios may name. */
  readonly congestion?: Readonly<Record<string, NonNullable<QuicContextOptions['congestion']>>>;
  /**
   * A session of `createScenarioSession`, for scenarios with 0-RTT. Default: one that is made for the run.
   */
  readonly session?: Uint8Array;
  /** Further observers besides the invariants. */
  readonly observers?: readonly Observer[];
  /** Key-log lines of the client. */
  readonly onKeyLog?: (line: string) => void;
}

/** The result of a run. */
export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Empty when the run passed. */
  readonly faults: readonly string[];
  /** Virtual time at which the goal was reached; the ceiling when it was not. */
  readonly tookUs: number;
  readonly violations: readonly Violation[];
  /** Statistics when the goal was reached; undefined when there was no connection. */
  readonly client: ConnectionStatistics | undefined;
  readonly server: ConnectionStatistics | undefined;
  readonly pair: Pair;
}

/**
 * Run one scenario with one seed. Never throws for what the contexts do: an exception is a fault of the run.
 */
export function runScenario(scenario: Scenario, options: ScenarioRunOptions): ScenarioResult {
  const progress = new ExchangeProgress(scenario.exchanges);
  const watches = { client: createPathUseWatch('client'), server: createPathUseWatch('server') };
  const pair = createScenarioPair(scenario, options, progress, watches);
  const invariants = watchInvariants(pair.world);
  if (scenario.attacks !== undefined) pair.world.observe(createAdversary(pair.world, scenario.attacks));
  for (const { observer } of Object.values(watches)) pair.world.observe(observer);
  for (const observer of options.observers ?? []) pair.world.observe(observer);

  const faults: string[] = [];
  let tookUs = scenario.ceilingUs;
  let statistics: [ConnectionStatistics | undefined, ConnectionStatistics | undefined] = [
    undefined,
    undefined,
  ];
  const datagrams = new DatagramTraffic(scenario.datagrams ?? 0, scenario.datagramPath);
  const moves = new ClientMoves(scenario);
  const paths = new PathChecks(scenario.expects);
  try {
    connectPair(pair, scenario, options);
    const reachesGoal = goalOf(scenario, pair, progress, moves);
    const hasReachedGoal = (): boolean => {
      datagrams.advance(pair, moves.areMade);
      moves.advance(pair);
      paths.advance(pair, moves.areMade);
      return reachesGoal() && paths.isComplete;
    };
    const isReached = pair.run(hasReachedGoal, scenario.ceilingUs);
    paths.onGoal(pair);
    if (isReached) tookUs = pair.world.nowUs;
    else faults.push(`not done within ${scenario.ceilingUs / 1000} ms: ${stateOf(pair, progress)}`);
    statistics = [pair.client.connections[0]?.statistics(), pair.server.connections[0]?.statistics()];
    faults.push(...progress.faults(pair));
    faults.push(...finish(scenario, pair));
    faults.push(...datagrams.faults(pair), ...moves.faults(pair), ...paths.faults(pair));
    faults.push(...versionFaults(scenario, pair), ...earlyDataFaults(scenario, pair));
  } catch (error) {
    faults.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const violations = [...invariants, ...watches.client.violations, ...watches.server.violations];
  for (const { atUs, what } of violations) faults.push(`at ${atUs} µs: ${what}`);
  const [client, server] = statistics;
  return { scenario, seed: options.seed, faults, tookUs, violations, client, server, pair };
}

function connectPair(pair: Pair, scenario: Scenario, options: ScenarioRunOptions): void {
  const { earlyData, preferred } = scenario;
  pair.connect({
    ...(scenario.from !== undefined && { from: addressesOf(scenario).client[scenario.from] }),
    ...(preferred?.isFollowed === false && { preferredAddress: 'ignore' }),
    ...(earlyData !== undefined && {
      session: options.session ?? createScenarioSession(scenario, options),
      earlyData: true,
    }),
  });
}

function createScenarioPair(
  scenario: Scenario,
  options: ScenarioRunOptions,
  progress: ExchangeProgress,
  watches: { readonly client: PathUseWatch; readonly server: PathUseWatch },
): Pair {
  const { link, up, down, nat, chainBytes } = scenario;
  const addresses = hostAddresses(scenario);
  const { preferred } = addressesOf(scenario);
  const pair = createPair({
    createCrypto: options.createCrypto,
    seed: options.seed,
    ...(link !== undefined && { link }),
    ...(up !== undefined && { up }),
    ...(down !== undefined && { down }),
    ...(chainBytes !== undefined && { chainBytes }),
    client: {
      ...contextOf('client', scenario, options, watches.client),
      ...(options.onKeyLog !== undefined && { onKeyLog: options.onKeyLog }),
    },
    server: {
      ...contextOf('server', scenario, options, watches.server),
      ...(scenario.retry !== undefined && { retry: scenario.retry }),
      ...(preferred !== undefined && { preferredAddress: preferred }),
      ...earlyServer(scenario.earlyData),
    },
    clientHost: {
      addresses: addresses.client,
      keepsBytes: false,
      ...(nat !== undefined && { nat }),
      ...machineOf(scenario, scenario.clientCpu, scenario.clientLoop),
    },
    serverHost: {
      addresses: addresses.server,
      keepsBytes: false,
      respond: (_request, streamId) => progress.responseBytes(streamId),
      ...machineOf(scenario, scenario.serverCpu, scenario.serverLoop),
    },
  });
  addScenarioRoutes(pair, scenario);
  return pair;
}

/** What a scenario says of one side's context. */
function contextOf(
  side: 'client' | 'server',
  scenario: Scenario,
  options: ScenarioRunOptions,
  { tracer }: PathUseWatch,
): Partial<QuicContextOptions> {
  const { [side]: transport, groups, scheduler } = scenario;
  const versions = scenario.versions?.[side];
  const congestion =
    scenario.congestion === undefined ? undefined : options.congestion?.[scenario.congestion];
  if (scenario.congestion !== undefined && congestion === undefined)
    throw new Error(`no congestion controller is called ${scenario.congestion}`);
  return {
    tracer,
    ...(transport !== undefined && { transport }),
    ...(groups !== undefined && { groups }),
    ...(versions !== undefined && { versions }),
    ...(congestion !== undefined && { congestion }),
    ...(scheduler !== undefined && { pathScheduler: PATH_SCHEDULERS[scheduler] }),
  };
}

function machineOf(
  { sendBufferBytes, clockOriginUs }: Scenario,
  cpu: CpuOptions | undefined,
  loop: LoopOptions | undefined,
): HostExtras {
  return {
    ...(cpu !== undefined && { cpu }),
    ...(loop !== undefined && { loop }),
    ...(sendBufferBytes !== undefined && { sendBufferBytes }),
    ...(clockOriginUs !== undefined && { clockOriginUs }),
  };
}

/** A server that accepts the session of `createScenarioSession`. */
function earlyServer(earlyData: Scenario['earlyData']): Partial<QuicContextOptions> {
  if (earlyData === undefined) return {};
  // Every run uses the same ticket, and begins at the same time.
  return {
    ticketKey: TICKET_KEY,
    earlyData: earlyData !== 'rejected' && {
      replayStore: { use: () => true },
      delivery: earlyData === 'held' ? 'after-handshake' : 'at-once',
    },
  };
}

/** A session for a scenario with 0-RTT, from a handshake over a path without faults. */
export function createScenarioSession(
  { server, chainBytes, versions }: Scenario,
  { createCrypto, seed }: Pick<ScenarioRunOptions, 'createCrypto' | 'seed'>,
): Uint8Array {
  const pair = createConnectedPair({
    createCrypto,
    seed,
    ...(chainBytes !== undefined && { chainBytes }),
    ...(versions?.client !== undefined && { client: { versions: versions.client } }),
    server: { ...(server !== undefined && { transport: server }), ...earlyServer('accepted') },
  });
  if (!pair.run(() => pair.client.has('ticket'), ENDING_US)) throw new Error('no session ticket came');
  return pair.client.eventsOf('ticket')[0]!.ticket;
}

function goalOf(
  scenario: Scenario,
  pair: Pair,
  progress: ExchangeProgress,
  moves: ClientMoves,
): () => boolean {
  if (scenario.ends !== undefined && scenario.exchanges.length === 0) return () => pair.client.has('closed');
  const startUs = scenario.pauseUs ?? 0;
  // A dummy event lets the clock stop at this time.
  pair.world.at(startUs, () => undefined);
  return () => {
    if (pair.client.has('closed')) return true;
    const maySend = pair.client.has('connected') || pair.client.connections[0]?.earlyData === 'offered';
    if (maySend && pair.world.nowUs >= startUs) progress.advance(pair, moves.areMade);
    return progress.isComplete;
  };
}

/** Close the connection, and check that it ends on both sides. */
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
    // CONNECTION_CLOSE before the end of the handshake must not contain the application's code. RFC 9000
    // §10.2.3
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

/**
 * CONNECTION_CLOSE may be lost: then the other side ends by its idle timeout, which is below five minutes in
 * every scenario.
 */
const ENDING_US = 400_000_000;

const APPLICATION_ERROR = 0x0c;
const TICKET_KEY = new Uint8Array(16).fill(0x2a);
