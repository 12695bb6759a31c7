import type { CloseReason, Tracer } from '@tsquic/quic-core';
import type { Peer } from '../peer.ts';
import { createRandom } from '../random.ts';
import { createSaboteur, type Saboteur } from '../saboteur.ts';
import { playWatched, textOf, type WitnessedRunOptions } from '../witnessed-run.ts';
import { HONEST_ADDRESS, HOSTILE_ADDRESS, WitnessedStage } from '../witnessed-stage.ts';

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
export function runFrameFuzz(options: WitnessedRunOptions): FrameFuzzResult {
  const run = new FuzzRun(options);
  playWatched(run);
  return {
    seed: options.seed,
    honest: run.honestIsServer ? 'server' : 'client',
    faults: run.faults,
    ends: run.stage.connectionsTo(HOSTILE_ADDRESS).flatMap(({ closeReason }) => closeReason ?? []),
    changed: run.saboteur.changed,
  };
}

/** One stage with a saboteur on it. */
class FuzzRun {
  readonly faults: string[] = [];
  readonly honestIsServer: boolean;
  readonly saboteur: Saboteur;
  readonly stage: WitnessedStage;
  private readonly hostile: Peer;
  private readonly witnessUs: number;
  private readonly heldBytes: (() => number) | undefined;

  constructor({ seed, createCrypto, heldBytes }: WitnessedRunOptions) {
    const random = createRandom(seed).fork('fuzz');
    this.heldBytes = heldBytes;
    this.saboteur = createSaboteur(random.fork('saboteur'));
    this.honestIsServer = random.chance(0.6);
    this.witnessUs = random.integer(200_000);
    // At either end: whoever changes packets gets answers that it cannot foresee.
    const tracer: Tracer = {
      onInternalError: (_connection, error) => void this.faults.push(`our own error: ${textOf(error)}`),
    };
    const isRetried = random.chance(0.2) && this.honestIsServer;
    const stage = (this.stage = new WitnessedStage({
      seed,
      createCrypto,
      honestIsServer: this.honestIsServer,
      honest: {
        tracer,
        transport: { idleTimeoutMs: 5000, handshakeTimeoutMs: 5000 },
        ...(isRetried && { retry: 'always' }),
      },
    }));
    const { beforeSealing } = this.saboteur;
    this.hostile = stage.addPeer('hostile', HOSTILE_ADDRESS, !this.honestIsServer, { tracer, beforeSealing });
    const rate = random.chance(0.3) ? 0.05 : 0;
    stage.addLinks(HOSTILE_ADDRESS, { loss: { kind: 'random', rate } });
    if (random.chance(0.3)) this.resumeOnce();
  }

  play(): void {
    const { stage, hostile, faults, heldBytes } = this;
    const { world } = stage;
    const heldBefore = heldBytes?.() ?? 0;
    world.at(0, () => this.connect());
    world.at(this.witnessUs, () => stage.connectWitness());
    world.run(() => false, ACTIVE_US);
    const held = (heldBytes?.() ?? 0) - heldBefore;
    if (held > MOST_HELD_BYTES) faults.push(`${held} bytes are held`);
    for (const connection of hostile.connections)
      if (connection.closeReason === undefined) connection.close();
    const isOver = (): boolean =>
      stage.connectionsTo(HOSTILE_ADDRESS).every(({ closeReason }) => closeReason !== undefined);
    if (!world.run(isOver, world.nowUs + ENDING_US)) faults.push('the connection does not end');
    faults.push(...stage.witnessFaults());
  }

  private connect(session?: Uint8Array): void {
    if (this.honestIsServer) this.stage.connect(this.hostile, HONEST_ADDRESS, session);
    else this.stage.connect(this.stage.honest, HOSTILE_ADDRESS, session);
  }

  /** Another connection to the saboteur when the first has brought a ticket, with data in 0-RTT packets. */
  private resumeOnce(): void {
    const first = (): unknown =>
      this.honestIsServer ? this.hostile.connections[0] : this.stage.connectionsTo(HOSTILE_ADDRESS)[0];
    let resumed = false;
    this.stage.onTicket = (connection, ticket) => {
      if (resumed || connection !== first()) return;
      resumed = true;
      this.connect(ticket);
    };
  }
}

/** The saboteur goes about its work for this long. */
const ACTIVE_US = 3_000_000;
/** Long enough for any timeout of the honest side. */
const ENDING_US = 60_000_000;
/** What three contexts and their windows may come to. */
const MOST_HELD_BYTES = 8_000_000;
