import type { ParseArgsConfig } from 'node:util';
import type { Address } from '@tsquic/quic-core';
import { type LinkOptions, RUNNER_CASES } from '@tsquic/simulator';
import type { CapturePaths } from './open-relay.ts';
import { type NetworkPlan, NEVER_REBOUND, PLAIN_LINK, type RelayPlan } from './plan.ts';
import { runnerCase, runnerNetwork } from './runner-network.ts';

/** What can be asked for. */
export const RELAY_USAGE: string = `usage: node -C tsquic-src --import ./tools/ts.mjs interop/network/main.ts --server HOST:PORT [options]

  --server HOST:PORT   where clients are to come out
  --listen HOST:PORT   where they come in (default 127.0.0.1:0, any free port)
  --case NAME          the network of a case of quic-interop-runner, which the options below change:
                       ${RUNNER_CASES.map(({ name }) => name).join(', ')}
  --delay MS           one way
  --rate MBIT          megabits per second, with the headers of UDP and IP
  --queue N            datagrams that may wait
  --loss RATE          0 to 1, both ways, three in a row at most
  --corrupt RATE       likewise: one of the first 51 bytes is changed
  --drop-up LIST       datagrams of clients that are lost: 2,3,4
  --blackhole FROM-TO  seconds after the first datagram in which nothing passes: 5-7
  --rebind WHAT        port or address: clients are seen elsewhere after 1 s, and then every 5 s
  --seed N             of what is drawn (default: another one each time)
  --left FILE          capture what the clients' side sees
  --right FILE         capture what the servers' side sees

Prints "listening on HOST:PORT, seed N" when it is. SIGINT and SIGTERM end it, with its counts as JSON.
`;

const text = { type: 'string' } as const;

/** Its flags, for `parseArgs`. */
export const RELAY_FLAGS = {
  server: text,
  listen: text,
  case: text,
  delay: text,
  rate: text,
  queue: text,
  loss: text,
  corrupt: text,
  'drop-up': text,
  blackhole: text,
  rebind: text,
  seed: text,
  left: text,
  right: text,
  help: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options'];

/** Flags as parsed. */
export type RelayFlags = {
  readonly [name in Exclude<keyof typeof RELAY_FLAGS, 'help'>]?: string;
};

/** The relay that the flags describe. Throws for what makes no sense. */
export function readRelayOptions(flags: RelayFlags): {
  readonly plan: RelayPlan;
  readonly captures: CapturePaths | undefined;
} {
  const { left = '/dev/null', right = '/dev/null' } = flags;
  const captures = flags.left === undefined && flags.right === undefined ? undefined : { left, right };
  const front = {
    listen: readAddress(flags.listen ?? '127.0.0.1:0'),
    server: readAddress(flags.server ?? ''),
    isWatched: true,
  };
  return { plan: { network: networkOf(flags), fronts: [front] }, captures };
}

function networkOf(flags: RelayFlags): NetworkPlan {
  const seed = flags.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : readNumber(flags.seed);
  const base: NetworkPlan =
    flags.case === undefined
      ? { up: PLAIN_LINK, down: PLAIN_LINK, rebinding: NEVER_REBOUND, seed }
      : runnerNetwork(runnerCase(flags.case), seed);
  const changes = changesOf(flags);
  const lost = flags['drop-up']?.split(',').map((place) => readNumber(place) - 1);
  const { rebind } = flags;
  if (rebind !== undefined && rebind !== 'port' && rebind !== 'address')
    throw new Error(`--rebind is port or address, not ${rebind}`);
  return {
    ...base,
    up: { ...base.up, ...changes, ...(lost && { loss: { kind: 'list', indexes: lost } }) },
    down: { ...base.down, ...changes },
    ...(rebind && { rebinding: runnerNetwork(runnerCase(REBINDING_CASES[rebind]), seed).rebinding }),
  };
}

const REBINDING_CASES = { port: 'rebind-port', address: 'rebind-addr' } as const;

function changesOf({ delay, rate, queue, loss, corrupt, blackhole }: RelayFlags): Partial<LinkOptions> {
  const [fromS, toS] = (blackhole ?? '').split('-').map(Number);
  return {
    ...(delay !== undefined && { delayUs: readNumber(delay) * 1000 }),
    ...(rate !== undefined && { bytesPerSecond: (readNumber(rate) * 1e6) / 8 }),
    ...(queue !== undefined && { queueDatagrams: readNumber(queue) }),
    ...(loss !== undefined && { loss: { kind: 'random', rate: readNumber(loss), longestRun: 3 } }),
    ...(corrupt !== undefined && {
      corruption: { rate: readNumber(corrupt), longestRun: 3, firstBytes: 51, sparesNegotiation: true },
    }),
    ...(blackhole !== undefined && {
      blackholes: [{ fromUs: readNumber(String(fromS)) * 1e6, untilUs: readNumber(String(toS)) * 1e6 }],
    }),
  };
}

function readNumber(value: string): number {
  const number = Number(value);
  if (value === '' || !Number.isFinite(number) || number < 0) throw new Error(`${value} is no number`);
  return number;
}

function readAddress(value: string): Address {
  const [, ip = '', port = ''] = /^\[?([\d.:a-f]+?)\]?:(\d+)$/.exec(value) ?? [];
  if (ip === '') throw new Error(`${value} is no HOST:PORT`);
  return { ip, port: Number(port) };
}
