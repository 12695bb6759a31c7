import type { Address, CloseReason, DataPath, QuicConnection, QuicContextOptions } from '@tsquic/quic-core';
import { createPathUseWatch } from '../invariant/path-use.ts';
import { PATH_SCHEDULERS } from '../path-schedulers.ts';
import { fillPattern } from '../pattern.ts';
import type { Peer } from '../peer.ts';
import { createRandom } from '../random.ts';
import { createSaboteur, type Saboteur } from '../saboteur.ts';
import { playWatched, textOf, type WitnessedRunOptions } from '../witnessed-run.ts';
import {
  HONEST_ADDRESS,
  HONEST_ELSEWHERE,
  HOSTILE_ADDRESS,
  HOSTILE_ELSEWHERE,
  WitnessedStage,
} from '../witnessed-stage.ts';
import { drawFuzz, elsewhere, type FuzzDrawing, type FuzzMove } from './fuzz-drawing.ts';

/** The result of a run. */
export interface FrameFuzzResult {
  readonly seed: number;
  /** The honest side. */
  readonly honest: 'server' | 'client';
  /** Empty when the run passed. */
  readonly faults: readonly string[];
  /** How the honest side's connections to the saboteur ended; empty when there were none. */
  readonly ends: readonly CloseReason[];
  /** Number of changed packets. */
  readonly changed: number;
  /** The draws of the seed. */
  readonly drawn: FuzzDrawing;
}

/**
 * One honest context with two connections: one to a peer of ours whose packets are changed before they are
 * encrypted, and one to an honest peer. Whatever the first peer does, the honest side must neither throw nor
 * hang nor exceed its limits of memory, the connection must end, and the other connection must not be
 * affected. Never throws for what the contexts do.
 */
export function runFrameFuzz(options: WitnessedRunOptions): FrameFuzzResult {
  const run = new FuzzRun(options);
  playWatched(run);
  return {
    seed: options.seed,
    honest: run.drawn.honest,
    faults: run.faults,
    ends: run.stage.connectionsTo(HOSTILE_ADDRESS).flatMap(({ closeReason }) => closeReason ?? []),
    changed: run.saboteur.changed,
    drawn: run.drawn,
  };
}

/** One stage with a saboteur. */
class FuzzRun {
  readonly faults: string[] = [];
  readonly drawn: FuzzDrawing;
  readonly saboteur: Saboteur;
  readonly stage: WitnessedStage;
  private readonly hostile: Peer;
  private readonly heldBytes: (() => number) | undefined;
  private readonly pathUse = createPathUseWatch('honest');

  constructor({ seed, createCrypto, heldBytes }: WitnessedRunOptions) {
    const random = createRandom(seed).fork('fuzz');
    this.heldBytes = heldBytes;
    this.saboteur = createSaboteur(random.fork('saboteur'));
    const drawn = (this.drawn = drawFuzz(random));
    const honestIsServer = drawn.honest === 'server';
    // Both ends have this callback: the end that changes packets gets answers that it does not expect.
    const onInternalError = (_connection: number, error: unknown): void =>
      void this.faults.push(`our own error: ${textOf(error)}`);
    const stage = (this.stage = new WitnessedStage({
      seed,
      createCrypto,
      honestIsServer,
      honestElsewhere: elsewhere(HONEST_ADDRESS, HONEST_ELSEWHERE),
      honest: {
        tracer: { onInternalError, ...this.pathUse.tracer },
        ...contextOf(drawn, honestIsServer, HONEST_ELSEWHERE, {
          idleTimeoutMs: 5000,
          handshakeTimeoutMs: 5000,
        }),
        ...(drawn.isRetried && { retry: 'always' }),
      },
    }));
    const { beforeSealing } = this.saboteur;
    const addresses = [HOSTILE_ADDRESS, ...elsewhere(HOSTILE_ADDRESS, HOSTILE_ELSEWHERE)];
    this.hostile = stage.addPeer('hostile', addresses, !honestIsServer, {
      tracer: { onInternalError },
      beforeSealing,
      ...contextOf(drawn, !honestIsServer, HOSTILE_ELSEWHERE),
    });
    for (const address of [HOSTILE_ADDRESS, HOSTILE_ELSEWHERE])
      stage.addLinks(address, { loss: { kind: 'random', rate: drawn.lossRate } });
    stage.world.observe(this.pathUse.observer);
    stage.onReady = (peer, connection) => {
      if (peer === this.hostile || stage.connectionsTo(HOSTILE_ADDRESS).includes(connection))
        this.sendExtras(connection);
    };
    if (drawn.earlyData !== 'none') this.resumeOnce();
  }

  play(): void {
    const { stage, hostile, faults, heldBytes, drawn } = this;
    const { world } = stage;
    const heldBefore = heldBytes?.() ?? 0;
    world.at(0, () => this.connect());
    world.at(drawn.witnessUs, () => stage.connectWitness());
    for (const move of drawn.moves) world.at(move.atUs, () => this.move(move));
    for (const { atUs, path } of drawn.pathUse.binds) world.at(atUs, () => this.bind(path));
    world.run(() => false, ACTIVE_US);
    const held = (heldBytes?.() ?? 0) - heldBefore;
    if (held > MOST_HELD_BYTES) faults.push(`${held} bytes are held`);
    for (const connection of hostile.connections)
      if (connection.closeReason === undefined) connection.close();
    const isOver = (): boolean =>
      stage.connectionsTo(HOSTILE_ADDRESS).every(({ closeReason }) => closeReason !== undefined);
    if (!world.run(isOver, world.nowUs + ENDING_US)) faults.push('the connection does not end');
    faults.push(...stage.witnessFaults());
    for (const { atUs, what } of this.pathUse.violations) faults.push(`at ${atUs} µs: ${what}`);
  }

  private connect(session?: Uint8Array): void {
    if (this.drawn.honest === 'server') this.stage.connect(this.hostile, HONEST_ADDRESS, session);
    else this.stage.connect(this.stage.honest, HOSTILE_ADDRESS, session);
  }

  /** The client's handle of the last connection between the saboteur and the honest side. */
  private get clientEnd(): QuicConnection | undefined {
    const { stage, hostile, drawn } = this;
    return (drawn.honest === 'server' ? hostile.connections : stage.connectionsTo(HOSTILE_ADDRESS)).at(-1);
  }

  private move({ from, how }: FuzzMove): void {
    const { stage, hostile, drawn, clientEnd } = this;
    const { addresses } = (drawn.honest === 'server' ? hostile : stage.honest).host;
    const path = { from: addresses[from]! };
    if (how === 'open') clientEnd?.openPath(path);
    else if (how === 'abandon') clientEnd?.abandonPath(from);
    else if (how === 'probe') clientEnd?.probe(path);
    else clientEnd?.migrate({ ...path, atOnce: how === 'at-once' });
  }

  /** Bind the streams of both ends to a path, which may not be in use. */
  private bind(path: DataPath): void {
    const { stage, hostile } = this;
    for (const connection of [...hostile.connections, ...stage.connectionsTo(HOSTILE_ADDRESS)])
      for (let id = 0; id < BOUND_IDS; id++) connection.stream(id)?.setPath(path);
  }

  /** Send datagrams, and a stream that ends by RESET_STREAM_AT. */
  private sendExtras(connection: QuicConnection): void {
    const { datagrams, isResetting, pathUse } = this.drawn;
    const { datagramPath } = pathUse;
    if (datagramPath !== undefined)
      for (let i = 0; i < datagrams; i++)
        connection.datagrams.send(new Uint8Array(i), { path: datagramPath });
    let left = datagrams;
    if (datagrams > 0)
      connection.datagrams.setSource((room) => {
        if (left-- <= 0) return undefined;
        return { bytes: Math.min(left * 40, room.length), tag: left };
      });
    if (!isResetting) return;
    const stream = connection.openStream({ unidirectional: true });
    const bytes = new Uint8Array(RESET_BYTES);
    fillPattern(bytes, 0);
    if (stream !== undefined) stream.resetAt(RESET_CODE, stream.write(bytes) >> 1);
  }

  /**
   * When the first connection has brought a ticket, open another to the saboteur, with data in 0-RTT packets.
   */
  private resumeOnce(): void {
    const { stage, hostile, drawn } = this;
    const first = (): unknown =>
      drawn.honest === 'server' ? hostile.connections[0] : stage.connectionsTo(HOSTILE_ADDRESS)[0];
    let resumed = false;
    stage.onTicket = (connection, ticket) => {
      if (resumed || connection !== first()) return;
      resumed = true;
      this.connect(ticket);
    };
  }
}

/** The drawn options of one side's context. */
function contextOf(
  {
    earlyData,
    versions,
    hasPreferredAddress,
    hasAckFrequency,
    datagrams,
    greaseQuicBit,
    pathUse,
  }: FuzzDrawing,
  isServer: boolean,
  elsewhereIpv4: Address,
  timeouts: QuicContextOptions['transport'] = {},
): Partial<QuicContextOptions> {
  const own = versions[isServer ? 1 : 0];
  const replayStore = earlyData === 'ask' ? { replayStore: 'ask' as const } : {};
  return {
    transport: {
      ...timeouts,
      ackFrequency: hasAckFrequency,
      maxDatagramFrameBytes: datagrams > 0 ? 1000 : 0,
      greaseQuicBit,
      ...pathUse.options,
    },
    ...(pathUse.scheduler !== undefined && { pathScheduler: PATH_SCHEDULERS[pathUse.scheduler] }),
    ...(own !== undefined && { versions: own }),
    ...(isServer && {
      ...(hasPreferredAddress && { preferredAddress: { ipv4: elsewhereIpv4 } }),
      earlyData: earlyData !== 'none' && {
        delivery: earlyData === 'after-handshake' ? earlyData : 'at-once',
        ...replayStore,
      },
    }),
  };
}

/** Streams of both ends have lower IDs. */
const BOUND_IDS = 64;
const RESET_BYTES = 4000;
const RESET_CODE = 7;
/** How long the saboteur changes packets. */
const ACTIVE_US = 3_000_000;
/** Longer than any timeout of the honest side. */
const ENDING_US = 60_000_000;
/** Bound on the memory of three contexts and their windows. */
const MOST_HELD_BYTES = 8_000_000;
