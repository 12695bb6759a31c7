import { Group } from '@tsquic/crypto';
import type { TransportOptions } from '@tsquic/quic-core';
import type { NatOptions } from '../nat.ts';
import { negotiatedVersion } from '../negotiated-version.ts';
import { createRandom, pick, type Random } from '../random.ts';
import type { Exchange, Scenario } from '../scenario.ts';
import { drawLink, isCalmLink, isSlowLink } from './random-link.ts';
import { drawPathOptions, drawPaths, drawVersions, drawWhereabouts } from './random-whereabouts.ts';

/** A scenario that a seed determines: any mixture of impairments that a patient connection must survive. */
export function createRandomScenario(seed: number): Scenario {
  const random = createRandom(seed).fork('scenario');
  const up = drawLink(random);
  const down = drawLink(random);
  const nat = random.chance(0.2) ? drawNat(random) : undefined;
  const alone = drawWhereabouts(random.fork('whereabouts'), nat !== undefined);
  const { maxPaths, ...whereabouts } = drawPaths(random.fork('paths'), alone, nat !== undefined);
  const versions = drawVersions(random.fork('versions'));
  const common = {
    name: `random-${seed}`,
    about: 'made up by its seed',
    up,
    down,
    ...drawSides(random),
    ...(nat !== undefined && { nat }),
    ...versions,
    ...drawCpus(random.fork('processors')),
    sendBufferBytes: pick(random.fork('trains'), [1500, 1500, 4000, 20_000, 65_536]),
    ceilingUs: 280_000_000,
  };
  // The connection attempt ends here.
  if (negotiatedVersion(versions) === undefined)
    return { ...common, exchanges: [], ends: 'version-negotiation' };
  const { secondPath } = whereabouts;
  const links = [up, down, secondPath?.up ?? {}, secondPath?.down ?? {}];
  const exchanges = drawExchanges(random.fork('exchanges'), links.some(isSlowLink));
  const isPostQuantum = random.fork('groups').chance(0.1);
  const early = random.fork('early');
  const datagrams = random.fork('datagrams');
  const options = random.fork('options of paths');
  return {
    ...common,
    ...whereabouts,
    client: { ...common.client, ...drawPathOptions(options.fork('client'), maxPaths) },
    server: { ...common.server, ...drawPathOptions(options.fork('server'), maxPaths) },
    ...(nat === undefined
      ? drawRetry(random.fork('retry'), [up, down].every(isCalmLink))
      : { pauseUs: REBINDING_FROM_US }),
    ...(datagrams.chance(0.3) && { datagrams: pick(datagrams, [1, 20, 200]) }),
    ...(random.chance(0.2) && { chainBytes: 2000 + random.integer(8000) }),
    ...(isPostQuantum && { groups: [Group.X25519MLKEM768, Group.X25519] }),
    ...(early.chance(0.3) && { earlyData: pick(early, ['accepted', 'held', 'rejected'] as const) }),
    exchanges: whereabouts.moves === undefined ? exchanges : [...exchanges, LAST_EXCHANGE],
  };
}

/** The options of both sides. */
function drawSides(random: Random): Required<Pick<Scenario, 'client' | 'server'>> {
  const patient = { idleTimeoutMs: 300_000, handshakeTimeoutMs: 300_000 };
  const windowBytes = random.chance(0.3) ? 4096 << random.integer(6) : undefined;
  const keys = random.fork('keys');
  const extensions = random.fork('extensions');
  const bits = random.fork('bits');
  return {
    client: {
      ...patient,
      // A NAT may drop the binding of a client that only receives, so the client must send now and then.
      keepAliveMs: 1000,
      ...(windowBytes !== undefined && {
        connectionWindowBytes: windowBytes,
        streamWindowBytes: windowBytes,
      }),
      maxAckDelayMs: pick(random, [0, 5, 25, 100]),
      ...drawKeyUpdates(keys),
      ...drawExtensions(extensions),
      ...drawBits(bits),
    },
    server: {
      ...patient,
      maxBidirectionalStreams: pick(random, [1, 3, 100]),
      maxUdpPayloadBytes: pick(random, [1200, 1350, 1452]),
      ...drawKeyUpdates(keys),
      ...drawExtensions(extensions),
      ...drawBits(bits),
      ...(bits.chance(0.1) && { disableActiveMigration: true }),
    },
  };
}

/** Bits of packets that observers on the path see. RFC 9000 §17.4, RFC 9287 */
function drawBits(random: Random): Pick<TransportOptions, 'spinBit' | 'greaseQuicBit'> {
  return {
    spinBit: pick(random, ['on', 'on', 'random', 'off'] as const),
    ...(random.chance(0.3) && { greaseQuicBit: true }),
  };
}

/**
 * A client may not migrate before the handshake is confirmed (RFC 9000 §9), and a Retry token is valid for
 * one address only, so that addresses change only later.
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

/**
 * A Retry token is valid for ten seconds, within which a connection with several timeouts in a row may not
 * use it.
 */
function drawRetry(random: Random, isCalm: boolean): Pick<Scenario, 'retry'> {
  return random.chance(0.25) && isCalm ? { retry: 'always' } : {};
}

/** Key updates after few packets, as often as they are allowed. */
function drawKeyUpdates(random: Random): Pick<TransportOptions, 'keyUpdatePackets'> {
  return random.chance(0.3) ? { keyUpdatePackets: pick(random, [1, 10, 50]) } : {};
}

/** Acceptance of DATAGRAM frames, and ACK_FREQUENCY both ways. */
function drawExtensions(random: Random): { maxDatagramFrameBytes?: number; ackFrequency?: boolean } {
  return {
    ...(random.chance(0.5) && { maxDatagramFrameBytes: pick(random, [100, 1200, 65_535]) }),
    ...(random.chance(0.5) && { ackFrequency: true }),
  };
}

function drawCpus(random: Random): Pick<Scenario, 'clientCpu' | 'serverCpu'> {
  return {
    ...(random.chance(0.1) && { serverCpu: drawCpu(random) }),
    ...(random.chance(0.1) && { clientCpu: drawCpu(random) }),
  };
}

function drawCpu(random: Random): { receiveUs: number; sendUs: number; inputDatagrams: number } {
  return {
    receiveUs: random.integer(1000),
    sendUs: random.integer(1000),
    inputDatagrams: 10 + random.integer(200),
  };
}

function drawExchanges(random: Random, isSlow: boolean): Exchange[] {
  return Array.from({ length: 1 + random.integer(4) }, () =>
    drawReset(random, {
      ...drawExchange(random, isSlow),
      ...(random.chance(0.5) && { priority: random.integer(256) }),
    }),
  );
}

function drawExchange(random: Random, isSlow: boolean): Exchange {
  return {
    requestBytes: pick(random, [0, 1, 100, 5000, isSlow ? 1000 : 60_000]),
    responseBytes: pick(random, [-1, 0, 1, 1000, ...(isSlow ? [5000, 10_000] : [20_000, 100_000])]),
    count: pick(random, [1, 1, 2, isSlow ? 4 : 10]),
    afterPrevious: random.chance(0.5),
  };
}

/** Some unidirectional requests are reset with RESET_STREAM_AT. */
function drawReset(random: Random, exchange: Exchange): Exchange {
  if (exchange.responseBytes >= 0 || exchange.requestBytes === 0 || !random.chance(0.5)) return exchange;
  return { ...exchange, reliableBytes: 1 + random.integer(Math.min(exchange.requestBytes, MOST_RELIABLE)) };
}

/** A stream takes so many bytes at once, whatever its peer's limit is. */
const MOST_RELIABLE = 4096;
/** An exchange after the last move of the client. */
const LAST_EXCHANGE: Exchange = { requestBytes: 1000, responseBytes: 2000, afterMoves: true };
/** Late enough for nearly every handshake that these links allow. */
const REBINDING_FROM_US = 40_000_000;
