import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import { createConnectedPair } from '../pair.ts';

/** A host that is suspended while its connection has data under way. */
export interface SuspensionOptions {
  readonly seed: number;
  readonly createCrypto: (random: RandomSource) => CryptoProvider;
  readonly sleeper: 'client' | 'server';
  readonly sleepUs: number;
  /** Whether datagrams that come meanwhile wait in the socket; otherwise they are lost. */
  readonly keepsDatagrams: boolean;
  /** Default 0: no timeout, so that both sides still have the connection. */
  readonly idleTimeoutMs?: number;
}

/** The result. */
export interface SuspensionResult {
  /** How the client's connection ended during the suspension or soon after; undefined when it did not. */
  readonly ended: string | undefined;
  /** Time from waking until the transfer goes on; Infinity when it does not. */
  readonly resumedUs: number;
  /** Time that a small request takes then whose first flight is lost. */
  readonly repeatedUs: number;
}

/**
 * The client uploads while a host is suspended and wakes; then the client sends a small request that is lost
 * once.
 */
export function runSuspension(options: SuspensionOptions): SuspensionResult {
  const { sleepUs, sleeper, keepsDatagrams, idleTimeoutMs = 0 } = options;
  const wakeUs = ASLEEP_US + sleepUs;
  const asleep = [{ fromUs: ASLEEP_US, untilUs: wakeUs }];
  const loop = { pauses: asleep };
  const deaf = keepsDatagrams ? {} : { blackholes: asleep };
  const lossUs = wakeUs + AWAKE_US;
  const lossy = [{ fromUs: lossUs, untilUs: lossUs + 1000 }];
  const toServer = sleeper === 'server' && !keepsDatagrams ? [...asleep, ...lossy] : lossy;
  const pair = createConnectedPair({
    seed: options.seed,
    createCrypto: options.createCrypto,
    link: { bytesPerSecond: RATE, delayUs: RTT_US / 2, queueBytes: (RATE * RTT_US) / 1e6 },
    up: { blackholes: toServer },
    ...(sleeper === 'client' && { down: deaf }),
    client: { transport: { idleTimeoutMs } },
    server: { transport: { idleTimeoutMs } },
    clientHost: { keepsBytes: false, ...(sleeper === 'client' && { loop }) },
    serverHost: { keepsBytes: false, ...(sleeper === 'server' && { loop }) },
  });
  const { world, client, server } = pair;
  const upload = client.sendPattern(UPLOAD_BYTES, { unidirectional: true });
  const received = (id: number): number => server.received(id).length;
  pair.pass(wakeUs - world.nowUs);
  const before = received(upload.id);
  const goesOn = pair.run(() => client.has('closed') || received(upload.id) > before + SOME_BYTES, AWAKE_US);
  const resumedUs = goesOn && !client.has('closed') ? world.nowUs - wakeUs : Infinity;
  pair.pass(lossUs - world.nowUs);
  if (client.has('closed'))
    return { ended: client.eventsOf('closed')[0]!.reason.kind, resumedUs, repeatedUs: Infinity };
  const request = client.sendPattern(100, { unidirectional: true });
  const arrives = pair.run(() => received(request.id) > 0, PATIENCE_US);
  return { ended: undefined, resumedUs, repeatedUs: arrives ? world.nowUs - lossUs : Infinity };
}

/** 10 Mbit/s. */
const RATE = 1_250_000;
const RTT_US = 40_000;
const ASLEEP_US = 1_000_000;
/** Enough for the upload to be under way when the host is suspended, and to end soon after it wakes. */
const UPLOAD_BYTES = 2_000_000;
const SOME_BYTES = 50_000;
const AWAKE_US = 20_000_000;
const PATIENCE_US = 120_000_000;
