import { ECN_ALL_CE, ECN_BLEACH, ECN_SWAP, type LinkOptions } from '../link.ts';
import type { Loss } from '../loss-models.ts';
import type { NatOptions } from '../nat.ts';
import { createRandom, type Random } from '../random.ts';
import type { Exchange, Scenario } from '../scenario.ts';

/** A scenario that a seed makes up: any mixture of impairments that a patient connection must survive. */
export function createRandomScenario(seed: number): Scenario {
  const random = createRandom(seed).fork('scenario');
  const patient = { idleTimeoutMs: 300_000, handshakeTimeoutMs: 300_000 };
  const window = random.chance(0.3) ? 4096 << random.integer(6) : undefined;
  const up = drawLink(random);
  const down = drawLink(random);
  const isSlow = [up, down].some(isSlowLink);
  return {
    name: `random-${seed}`,
    about: 'made up by its seed',
    up,
    down,
    client: {
      ...patient,
      // A NAT may forget a client that only listens: it must speak to be found again.
      keepAliveMs: 1000,
      ...(window !== undefined && { connectionWindowBytes: window, streamWindowBytes: window }),
      maxAckDelayMs: pick(random, [0, 5, 25, 100]),
    },
    server: {
      ...patient,
      maxBidirectionalStreams: pick(random, [1, 3, 100]),
      maxUdpPayloadBytes: pick(random, [1200, 1350, 1452]),
    },
    ...(random.chance(0.2) && { chainBytes: 2000 + random.integer(8000) }),
    ...(random.chance(0.2)
      ? { nat: drawNat(random), pauseUs: REBINDING_FROM_US }
      : drawRetry(random, [up, down].every(isCalmLink))),
    ...(random.chance(0.1) && { serverCpu: drawCpu(random) }),
    ...(random.chance(0.1) && { clientCpu: drawCpu(random) }),
    exchanges: Array.from({ length: 1 + random.integer(4) }, () => drawExchange(random, isSlow)),
    ceilingUs: 280_000_000,
  };
}

function drawLink(random: Random): Partial<LinkOptions> {
  const loss = drawLoss(random);
  return {
    delayUs: pick(random, [0, 1000, 10_000, 50_000, 300_000]),
    bytesPerSecond: pick(random, [
      Infinity,
      125_000_000,
      12_500_000,
      1_250_000,
      125_000,
      SLOWEST_BYTES_PER_SECOND,
    ]),
    queueBytes: pick(random, [3000, 15_000, 64_000, 500_000]),
    queue: pick(random, [
      { kind: 'tail-drop' },
      { kind: 'tail-drop' },
      { kind: 'codel' },
      { kind: 'dual' },
    ] as const),
    ...(loss !== undefined && { loss }),
    ...(random.chance(0.2) && { mtuBytes: 1200 + random.integer(300) }),
    ...(random.chance(0.3) && { jitter: { kind: 'uniform', upToUs: random.integer(20_000) } as const }),
    ...(random.chance(0.2) && { reordering: random.next() * 0.1, reorderUs: random.integer(30_000) }),
    ...(random.chance(0.2) && { duplication: random.next() * 0.2 }),
    ...(random.chance(0.2) && { corruption: random.next() * 0.03 }),
    ...(random.chance(0.2) && { ceMarking: random.next() * 0.1 }),
    ...(random.chance(0.2) && { ecnRewrite: pick(random, [ECN_BLEACH, ECN_SWAP, ECN_ALL_CE]) }),
    ...(random.chance(0.2) && { blackholes: [drawBlackhole(random)] }),
  };
}

function drawLoss(random: Random): Loss | undefined {
  switch (random.integer(5)) {
    case 0:
      return { kind: 'random', rate: random.next() * 0.25 };
    case 1:
      return { kind: 'bursts', toBad: random.next() * 0.01, toGood: 0.4 + random.next() * 0.5 };
    case 2:
      return {
        kind: 'mask',
        mask: Array.from({ length: 16 }, () => (random.chance(0.3) ? 'x' : '.')).join(''),
      };
    default:
      return undefined;
  }
}

/**
 * Nobody may migrate before the handshake is confirmed (RFC 9000 §9), so nothing moves before then; and a Retry token is
 * for one address only.
 */
function drawNat(random: Random): NatOptions {
  const spacingUs = 50_000 + random.integer(1_000_000);
  return {
    keepsOld: random.chance(0.5),
    bindings: Array.from({ length: 2 + random.integer(3) }, (_, i) => ({
      atUs: i === 0 ? 0 : REBINDING_FROM_US + i * spacingUs,
      address: { ip: random.chance(0.5) ? '192.0.2.1' : `192.0.2.${2 + i}`, port: 7000 + i },
    })),
  };
}

/** The token of a Retry is good for ten seconds: where several timeouts in a row are likely, it may run out. */
function drawRetry(random: Random, isCalm: boolean): Pick<Scenario, 'retry'> {
  return random.chance(0.25) && isCalm ? { retry: 'always' } : {};
}

function isCalmLink({ loss, blackholes = [] }: Partial<LinkOptions>): boolean {
  return blackholes.length === 0 && loss?.kind !== 'mask' && !isHeavy(loss);
}

/** Where little gets through in minutes. */
function isSlowLink({ loss, bytesPerSecond }: Partial<LinkOptions>): boolean {
  return bytesPerSecond === SLOWEST_BYTES_PER_SECOND || isHeavy(loss);
}

function isHeavy(loss: Loss | undefined): boolean {
  return loss?.kind === 'random' && loss.rate > 0.1;
}

function drawBlackhole(random: Random): { fromUs: number; untilUs: number } {
  const fromUs = random.integer(2_000_000);
  return { fromUs, untilUs: fromUs + random.integer(3_000_000) };
}

function drawCpu(random: Random): { receiveUs: number; sendUs: number; inputDatagrams: number } {
  return {
    receiveUs: random.integer(1000),
    sendUs: random.integer(1000),
    inputDatagrams: 10 + random.integer(200),
  };
}

function drawExchange(random: Random, isSlow: boolean): Exchange {
  return {
    requestBytes: pick(random, [0, 1, 100, 5000, isSlow ? 1000 : 60_000]),
    responseBytes: pick(random, [-1, 0, 1, 1000, ...(isSlow ? [5000, 10_000] : [20_000, 100_000])]),
    count: pick(random, [1, 1, 2, isSlow ? 4 : 10]),
    afterPrevious: random.chance(0.5),
  };
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.integer(choices.length)]!;
}

/** 100 kbit/s. */
const SLOWEST_BYTES_PER_SECOND = 12_500;
/** Late enough for every handshake that these links allow, but for one in very many. */
const REBINDING_FROM_US = 40_000_000;
