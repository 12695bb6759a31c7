import type { Address } from '@tsquic/quic-core';
import { watchInvariants } from '../invariants.ts';
import type { LinkOptions } from '../link.ts';
import type { Observer } from '../observer.ts';
import { createPair, type Pair, type PairOptions } from '../pair.ts';
import { addressesOf, addScenarioRoutes, hostAddresses } from '../scenario-addresses.ts';
import { createRunnerCapture, type RunnerCapture, type Traces } from './capture.ts';
import { handshakesOf } from './checks.ts';
import { Downloads, requestedBytes } from './downloads.ts';
import type { RunnerCase } from './runner-case.ts';

/** What a run needs besides its case. */
export interface RunnerOptions {
  readonly createCrypto: PairOptions['createCrypto'];
  readonly seed: number;
  /** Default: the length that the request names. */
  readonly respond?: (request: Uint8Array) => number;
  /** Changes what was captured before it is judged. */
  readonly tamper?: (traces: Traces) => void;
  /** Watch the hosts `client` and `server`. */
  readonly observers?: readonly Observer[];
  /** Is told the secrets of the client's connections, in the format of `SSLKEYLOGFILE`. */
  readonly onKeyLog?: (line: string) => void;
}

/** The verdict on a case. */
export interface RunnerResult {
  readonly name: string;
  readonly seed: number;
  /** Empty when the case passed. */
  readonly faults: readonly string[];
  /** Where the server is, and its preferred address, if it has one. */
  readonly serverAddresses: readonly Address[];
  /** Of all files. */
  readonly bytes: number;
  /** Virtual time until the last file was there. */
  readonly tookUs: number;
  readonly handshakes: number;
  /** Datagrams that both links have lost or changed. */
  readonly lost: number;
  readonly corrupted: number;
  /** What the checks have measured. */
  readonly figure: string;
}

/** Run a case with this seed between two contexts in virtual time. Throws for a defect of a context. */
export function runRunnerCase(runnerCase: RunnerCase, options: RunnerOptions): RunnerResult {
  const { name, files, connections = 'one', nameLength = 10, timeoutSeconds = 60 } = runnerCase;
  const capture = createRunnerCapture();
  const pair = createRunnerPair(runnerCase, options, capture);
  const violations = watchInvariants(pair.world);
  for (const observer of [capture.observer, ...(options.observers ?? [])]) pair.world.observe(observer);
  const downloads = new Downloads(files, connections, nameLength);
  let isConfirmed = false;
  pair.run(() => {
    downloads.advance(pair, { ...runnerCase.connection });
    if (!isConfirmed && pair.client.has('confirmed')) {
      isConfirmed = true;
      runnerCase.onConfirmed?.(pair.client.connection);
    }
    return downloads.hasEnded;
  }, timeoutSeconds * 1e6);
  const tookUs = pair.world.nowUs;
  downloads.close();
  pair.pass(CLOSING_US);

  options.tamper?.(capture.traces);
  const handshakes = handshakesOf(capture.traces);
  const expected = runnerCase.handshakes ?? 1;
  const { up, down } = pair;
  return {
    name,
    seed: options.seed,
    faults: [
      ...downloads.faults,
      ...(handshakes === expected ? [] : [`${handshakes} handshakes, not ${expected}`]),
      ...runnerCase.checks.flatMap((check) => check(capture.traces)),
      ...violations.map(({ atUs, host, what }) => `at ${atUs} µs, ${host}: ${what}`),
    ],
    serverAddresses: pair.server.host.addresses,
    bytes: files.reduce((sum, bytes) => sum + bytes, 0),
    tookUs,
    handshakes,
    lost: up.dropped + down.dropped,
    corrupted: up.counters.corrupted + down.counters.corrupted,
    figure: runnerCase.figure?.(capture.traces) ?? '',
  };
}

function createRunnerPair(
  { link, up, nat, family, prefersAddress, client, server, chainBytes }: RunnerCase,
  { createCrypto, seed, respond = requestedBytes, onKeyLog }: RunnerOptions,
  { tracers }: RunnerCapture,
): Pair {
  const places = {
    ...(family !== undefined && { family }),
    ...(prefersAddress === true && { preferred: { offered: 'ipv4', isFollowed: true } as const }),
  };
  const addresses = hostAddresses(places);
  const { preferred } = addressesOf(places);
  const pair = createPair({
    createCrypto,
    seed,
    link: { ...SIMPLE_P2P, ...link },
    ...(up !== undefined && { up }),
    ...(chainBytes !== undefined && { chainBytes }),
    client: {
      alpn: ['hq-interop'],
      ...(onKeyLog !== undefined && { onKeyLog }),
      ...client,
      tracer: tracers.client,
    },
    server: {
      alpn: ['hq-interop'],
      ...(preferred !== undefined && { preferredAddress: preferred }),
      ...server,
      tracer: tracers.server,
    },
    clientHost: { addresses: addresses.client, keepsBytes: false, ...(nat !== undefined && { nat }) },
    serverHost: { addresses: addresses.server, respond },
  });
  addScenarioRoutes(pair, {});
  return pair;
}

/** The scenario simple-p2p of quic-network-simulator, with the runner's arguments. */
export const SIMPLE_P2P: Pick<LinkOptions, 'bytesPerSecond' | 'delayUs' | 'queueDatagrams'> = {
  bytesPerSecond: 1_250_000,
  delayUs: 15_000,
  queueDatagrams: 25,
};
/** Lets the end of the connection arrive. */
const CLOSING_US = 1_000_000;
