import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import type { QuicContextOptions } from '@tsquic/quic-core';
import { wireBytes } from '../datagram.ts';
import { type Delay, delayAt } from '../delay.ts';
import type { Link, LinkOptions } from '../link.ts';
import type { LoopOptions } from '../loop.ts';
import { Peer } from '../peer.ts';
import { jainIndex, type Summary, summarize } from '../sample.ts';
import { createTestIdentity, TEST_SERVER_NAME, TEST_UNIX_TIME_US } from '../test-identity.ts';
import { World } from '../world.ts';

type Controller = NonNullable<QuicContextOptions['congestion']>;

/** One download through the shared bottleneck. */
export interface Flow {
  readonly name: string;
  readonly congestion?: Controller;
  readonly startUs: number;
  /** Delay of the flow's own links between its client and the shared ones, each way. Default: none. */
  readonly accessDelayUs?: number;
  /** Paths that the flow has at once, all of them over the bottleneck. Default 1, without multipath. draft-ietf-quic-multipath §5.3 */
  readonly paths?: number;
}

/** The flows, the bottleneck that they share, and the duration. */
export interface FairnessOptions {
  readonly seed: number;
  readonly createCrypto: (random: RandomSource) => CryptoProvider;
  readonly flows: readonly Flow[];
  /** From servers to clients, shared by all flows; it needs a constant rate. */
  readonly bottleneck: Partial<LinkOptions> & { readonly bytesPerSecond: number; readonly delayUs: Delay };
  /** From clients to servers, shared as well. Default: the delay of the bottleneck and no other option. */
  readonly back?: Partial<LinkOptions>;
  readonly durationUs: number;
  /** Shares are measured from this time on. */
  readonly measureFromUs: number;
  /** Length of the steps of `series`. Default 500000. */
  readonly stepUs?: number;
  /** When the programs of all clients run. Default: at once. */
  readonly clientLoop?: LoopOptions;
  /** When the programs of all servers run. Default: at once. */
  readonly serverLoop?: LoopOptions;
}

/** The shares of the flows, and the state of the bottleneck. */
export interface FairnessResult {
  readonly shares: readonly { readonly name: string; readonly bytesPerSecond: number }[];
  /** Jain's index over the shares. */
  readonly jain: number;
  /** Share of the bottleneck that was used while measuring, 0 to 1. */
  readonly utilisation: number;
  /** Time in the queue, milliseconds. */
  readonly queueMs: Summary;
  readonly dropped: number;
  /** Bytes a second that were delivered for each flow in each step of time. */
  readonly series: readonly (readonly { readonly atUs: number; readonly value: number }[])[];
}

/** Unlimited downloads that share a bottleneck: measures the share of each. */
export function runFairness(options: FairnessOptions): FairnessResult {
  const { bottleneck, flows, measureFromUs, durationUs, stepUs = 500_000 } = options;
  const world = new World(options.seed);
  const shared = world.addLink('bottleneck', bottleneck);
  const back = world.addLink('back', { delayUs: bottleneck.delayUs, ...options.back });
  const delivered = flows.map(() => 0);
  const steps = flows.map(() => Array.from({ length: Math.ceil(durationUs / stepUs) }, () => 0));
  const waits: number[] = [];

  flows.forEach((flow, index) => addRoutedFlow(world, options, flow, index, { shared, back }));

  world.observe({
    onDeliver(link, datagram, nowUs) {
      if (link !== shared) return;
      const index = Number(datagram.to.ip.split('.')[3]) - 1;
      const bytes = wireBytes(datagram);
      const step = Math.floor(nowUs / stepUs);
      if (step < steps[index]!.length) steps[index]![step]! += bytes;
      if (nowUs < measureFromUs) return;
      delivered[index] = delivered[index]! + bytes;
      const sendingUs = (bytes * 1e6) / bottleneck.bytesPerSecond;
      waits.push((nowUs - datagram.sentUs - delayAt(bottleneck.delayUs, nowUs) - sendingUs) / 1000);
    },
  });
  world.run(() => false, durationUs);

  const spanS = (durationUs - measureFromUs) / 1e6;
  const shares = flows.map(({ name }, index) => ({ name, bytesPerSecond: delivered[index]! / spanS }));
  const total = shares.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0);
  return {
    shares,
    jain: jainIndex(shares.map(({ bytesPerSecond }) => bytesPerSecond)),
    utilisation: total / bottleneck.bytesPerSecond,
    queueMs: summarize(waits),
    dropped: shared.dropped,
    series: steps.map((sums) =>
      sums.map((bytes, step) => ({ atUs: step * stepUs, value: (bytes * 1e6) / stepUs })),
    ),
  };
}

/** Add a flow over the bottleneck and its own access links; it starts at its time. */
function addRoutedFlow(
  world: World,
  options: FairnessOptions,
  flow: Flow,
  index: number,
  { shared, back }: { readonly shared: Link; readonly back: Link },
): void {
  const client = addFlow(world, options, flow, index);
  const { ip } = client.host.addresses[0]!;
  const server = serverAddress(index);
  const { accessDelayUs: delayUs } = flow;
  const [out, home] =
    delayUs === undefined
      ? [[], []]
      : [[world.addLink(`out ${index}`, { delayUs })], [world.addLink(`home ${index}`, { delayUs })]];
  world.addRoute(ip, server.ip, [...out, back]);
  world.addRoute(server.ip, ip, [shared, ...home]);
  world.at(flow.startUs, () => {
    const connection = client.context.createConnection(
      { to: server, serverName: TEST_SERVER_NAME },
      world.nowUs,
    );
    client.connections.push(connection);
  });
}

/** Add a client and a server of their own; the client sends its request as soon as it is connected. */
function addFlow(world: World, options: FairnessOptions, flow: Flow, index: number): Peer {
  const { paths = 0 } = flow;
  const offer = { transport: { maxPaths: paths } };
  const places = Array.from({ length: Math.max(1, paths) }, (_, i) => ({
    ip: `10.1.0.${index + 1}`,
    port: 5000 + i,
  }));
  const crypto = options.createCrypto(world.random.fork(`server ${index}`).fillBytes);
  new Peer(world, {
    name: `server ${index}`,
    addresses: [serverAddress(index)],
    keepsBytes: false,
    ...(options.serverLoop !== undefined && { loop: options.serverLoop }),
    respond: () => ENDLESS_BYTES,
    context: {
      crypto,
      alpn: ['test'],
      identity: createTestIdentity(crypto),
      unixTimeAtZeroUs: TEST_UNIX_TIME_US,
      ...(flow.congestion !== undefined && { congestion: flow.congestion }),
      ...offer,
    },
  });
  const client: Peer = new Peer(world, {
    name: `client ${index}`,
    addresses: places,
    keepsBytes: false,
    ...(options.clientLoop !== undefined && { loop: options.clientLoop }),
    onEvent: ({ type }) => {
      if (type === 'connected') client.sendPattern(1);
      if (type === 'confirmed') for (const from of places.slice(1)) client.connection.openPath({ from });
    },
    context: {
      crypto: options.createCrypto(world.random.fork(`client ${index}`).fillBytes),
      alpn: ['test'],
      dangerouslySkipCertificateCheck: true,
      unixTimeAtZeroUs: TEST_UNIX_TIME_US,
      ...offer,
    },
  });
  return client;
}

function serverAddress(index: number): { ip: string; port: number } {
  return { ip: `10.2.0.${index + 1}`, port: 443 };
}

const ENDLESS_BYTES = 2 ** 40;
