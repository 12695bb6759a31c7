import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import type { CloseReason, QuicConnection } from '@tsquic/quic-core';
import { watchInvariants } from '../invariants.ts';
import type { Peer } from '../peer.ts';
import { createRandom } from '../random.ts';
import { createSaboteur } from '../saboteur.ts';
import { FUZZ_REQUEST_BYTES, FUZZ_RESPONSE_BYTES, FuzzStage } from './fuzz-stage.ts';

/** What a run needs. */
export interface FrameFuzzOptions {
  readonly seed: number;
  /** Makes a crypto provider that draws from this seeded source; called once for each host. */
  readonly createCrypto: (random: RandomSource) => CryptoProvider;
  /** What this program holds in memory after a collection of garbage, bytes. Default: nobody looks. */
  readonly heldBytes?: () => number;
}

/** What a run came to. */
export interface FrameFuzzResult {
  readonly seed: number;
  /** Which side was honest. */
  readonly honest: 'server' | 'client';
  /** Empty when the run passed. */
  readonly faults: readonly string[];
  /** How the connections to the saboteur ended for the honest side; none when it never noticed any. */
  readonly ends: readonly CloseReason[];
  /** Packets that were changed. */
  readonly changed: number;
}

/**
 * One honest context with two connections: one to a peer of our own make whose packets are changed before they are
 * encrypted, one to an honest peer. Whatever the first does, the honest side must not throw nor hang nor keep more than
 * its limits allow, the connection must come to its end, and the other must notice nothing. Never throws for what the
 * contexts do.
 */
export function runFrameFuzz({ seed, createCrypto, heldBytes }: FrameFuzzOptions): FrameFuzzResult {
  const random = createRandom(seed).fork('fuzz');
  const saboteur = createSaboteur(random.fork('saboteur'));
  const faults: string[] = [];
  const honestIsServer = random.chance(0.6);
  const stage = new FuzzStage({
    seed,
    createCrypto,
    honestIsServer,
    retry: random.chance(0.2),
    resumes: random.chance(0.3),
    lossRate: random.chance(0.3) ? 0.05 : 0,
    beforeSealing: saboteur.beforeSealing,
    onInternalError: (error) => void faults.push(`our own error: ${textOf(error)}`),
  });
  const violations = watchInvariants(stage.world);
  try {
    play(stage, random.integer(200_000), faults, heldBytes);
  } catch (error) {
    faults.push(textOf(error));
  }
  for (const { atUs, host, what } of violations)
    if (host === stage.honest.host.name) faults.push(`at ${atUs} µs: ${what}`);
  return {
    seed,
    honest: honestIsServer ? 'server' : 'client',
    faults,
    ends: stage.connectionsTo(stage.hostile).flatMap(({ closeReason }) => closeReason ?? []),
    changed: saboteur.changed,
  };
}

function play(
  stage: FuzzStage,
  witnessUs: number,
  faults: string[],
  heldBytes: (() => number) | undefined,
): void {
  const { world, hostile, witness } = stage;
  const heldBefore = heldBytes?.() ?? 0;
  world.at(0, () => stage.connect(hostile));
  world.at(witnessUs, () => stage.connect(witness));
  world.run(() => false, ACTIVE_US);
  const held = (heldBytes?.() ?? 0) - heldBefore;
  if (held > MOST_HELD_BYTES) faults.push(`${held} bytes are held`);
  for (const connection of hostile.connections) if (connection.closeReason === undefined) connection.close();
  const isOver = (): boolean =>
    stage.connectionsTo(hostile).every(({ closeReason }) => closeReason !== undefined);
  if (!world.run(isOver, world.nowUs + ENDING_US)) faults.push('the connection does not end');
  judgeWitness(stage, faults);
}

/** All that was sent before has arrived, and more still does. */
function judgeWitness(stage: FuzzStage, faults: string[]): void {
  const { world, honest, witness } = stage;
  const [there] = witness.connections;
  const [here] = stage.connectionsTo(witness);
  if (there === undefined || here === undefined) {
    faults.push('the witness was not let in');
    return;
  }
  for (const { closeReason } of [there, here]) {
    if (closeReason === undefined) continue;
    faults.push(`the witness ended: ${JSON.stringify(closeReason)}`);
    return;
  }
  const more = [
    [witness, there, honest, here],
    [honest, here, witness, there],
  ] as const;
  for (const [sender, from, receiver, to] of more) {
    const feeder = sender.trySendPattern(FUZZ_REQUEST_BYTES, { unidirectional: true }, from);
    const collector = feeder && receiver.received(feeder.id, to);
    if (!world.run(() => collector?.finished === true, world.nowUs + WITNESS_US))
      faults.push(`nothing goes from ${sender.host.name} to ${receiver.host.name} any more`);
  }
  faults.push(...wrongStreams(witness, there), ...wrongStreams(honest, here));
}

/** Streams that did not bring the whole pattern: those the other side opened, and the answers on our own. */
function wrongStreams(peer: Peer, connection: QuicConnection): string[] {
  const theirs = connection.isClient ? 1 : 0;
  return [0, 4, 1, 5, 2, 6, 3, 7].flatMap((streamId) => {
    const isTheirs = (streamId & 1) === theirs;
    if (!isTheirs && (streamId & 2) !== 0) return [];
    const { length, finished, isPattern } = peer.received(streamId, connection);
    const expected = isTheirs ? FUZZ_REQUEST_BYTES : FUZZ_RESPONSE_BYTES;
    if (finished && isPattern && length === expected) return [];
    return [
      `${peer.host.name} has ${length} bytes on stream ${streamId} of the witness, pattern ${isPattern}`,
    ];
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The saboteur goes about its work for this long. */
const ACTIVE_US = 3_000_000;
/** Long enough for any timeout of the honest side. */
const ENDING_US = 60_000_000;
const WITNESS_US = 5_000_000;
/** What three contexts and their windows may come to. */
const MOST_HELD_BYTES = 8_000_000;
