import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import { createConnectedPair } from '../pair.ts';

/** A machine that sleeps while its connection has something under way. */
export interface SuspensionOptions {
  readonly seed: number;
  readonly createCrypto: (random: RandomSource) => CryptoProvider;
  readonly sleeper: 'client' | 'server';
  readonly sleepUs: number;
  /** What comes meanwhile waits in the socket; otherwise it is lost. */
  readonly keepsDatagrams: boolean;
  /** Default 0: none, so that both sides still know the connection. */
  readonly idleTimeoutMs?: number;
}

/** How it was afterwards. */
export interface SuspensionResult {
  /** How the client's connection ended while it slept or soon after; undefined when it lives. */
  readonly ended: string | undefined;
  /** From waking until a transfer that was under way goes on; Infinity when it does not. */
  readonly resumedUs: number;
  /** How long the datagrams of a small request take whose first flight is lost after that. */
  readonly repeatedUs: number;
}

/** The client uploads, a machine sleeps and wakes; then the client sends a little that is lost. */
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
/** Enough for the upload to be under way when the machine sleeps, and over soon after it wakes. */
const UPLOAD_BYTES = 2_000_000;
const SOME_BYTES = 50_000;
const AWAKE_US = 20_000_000;
const PATIENCE_US = 120_000_000;
