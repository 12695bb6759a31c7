import type { CloseReason } from '@tsquic/quic-core';
import { encodeParameters, FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import { AdversaryHost } from './adversary-host.ts';
import type { AdversaryScenario } from './adversary-scenario.ts';
import { frame } from './raw-frames.ts';
import { createTestIdentity } from './test-identity.ts';
import { playWatched, textOf, type WitnessedRunOptions } from './witnessed-run.ts';
import { HONEST_ADDRESS, HOSTILE_ADDRESS, WitnessedStage } from './witnessed-stage.ts';

/** What a run came to. */
export interface AdversaryResult {
  readonly scenario: AdversaryScenario;
  readonly seed: number;
  /** Empty when the run passed. */
  readonly faults: readonly string[];
  /** How the connection ended, if it did. */
  readonly end: CloseReason | undefined;
  /** Of the honest side, while it was attacked. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Undefined when nobody looked. */
  readonly heldBytes: number | undefined;
}

/** Let an adversary loose on an honest side, with a witness beside it. Never throws for what the contexts do. */
export function runAdversary(scenario: AdversaryScenario, options: WitnessedRunOptions): AdversaryResult {
  const run = new AdversaryRun(scenario, options);
  playWatched(run);
  const { faults, end, bytesIn, bytesOut, heldBytes } = run;
  return { scenario, seed: options.seed, faults, end, bytesIn, bytesOut, heldBytes };
}

/** One stage with an adversary on it. */
class AdversaryRun {
  readonly faults: string[] = [];
  readonly stage: WitnessedStage;
  bytesIn = 0;
  bytesOut = 0;
  heldBytes: number | undefined;
  private readonly scenario: AdversaryScenario;
  private readonly options: WitnessedRunOptions;
  private readonly adversary: AdversaryHost;

  constructor(scenario: AdversaryScenario, options: WitnessedRunOptions) {
    this.scenario = scenario;
    this.options = options;
    const { seed, createCrypto } = options;
    const honestIsServer = scenario.adversary === 'client';
    this.stage = new WitnessedStage({
      seed,
      createCrypto,
      honestIsServer,
      honest: {
        tracer: {
          onInternalError: (_connection, error) => void this.faults.push(`our own error: ${textOf(error)}`),
        },
        ...(scenario.transport !== undefined && { transport: scenario.transport }),
      },
      ...(scenario.program !== undefined && { program: scenario.program }),
    });
    const { world } = this.stage;
    const crypto = createCrypto(world.random.fork('adversary').fillBytes);
    const { parameters, acknowledges } = scenario;
    this.adversary = new AdversaryHost({
      crypto,
      isClient: honestIsServer,
      to: HONEST_ADDRESS,
      identity: createTestIdentity(crypto),
      ...(acknowledges !== undefined && { acknowledges }),
      ...(parameters !== undefined && {
        parameters: (record) => {
          parameters(record);
          return encodeParameters(record, 1);
        },
      }),
    });
    world.addHost({ name: 'adversary', context: this.adversary, addresses: [HOSTILE_ADDRESS] });
    this.stage.addLinks(HOSTILE_ADDRESS, {});
  }

  /** How the connection to the adversary ended. */
  get end(): CloseReason | undefined {
    return this.stage.connectionsTo(HOSTILE_ADDRESS)[0]?.closeReason;
  }

  play(): void {
    const { stage, scenario, options, faults } = this;
    const { world } = stage;
    const heldBefore = options.heldBytes?.();
    stage.connectWitness();
    if (scenario.adversary === 'client') this.adversary.endpoint.start();
    else stage.connect(stage.honest, HOSTILE_ADDRESS);
    world.run(() => false, HANDSHAKE_US);
    if (!this.adversary.endpoint.complete) faults.push('no handshake');
    if (scenario.adversary === 'server')
      this.adversary.send(Level.Application, frame(FrameType.HandshakeDone));
    world.run(() => false, 2 * HANDSHAKE_US);
    this.countBytes();
    this.playRound(0);
    world.run(() => false, world.nowUs + scenario.rounds * scenario.spacingUs + AFTERMATH_US);
    if (heldBefore !== undefined) this.heldBytes = options.heldBytes!() - heldBefore;
    this.judge();
    faults.push(...stage.witnessFaults());
  }

  private playRound(round: number): void {
    const { scenario, adversary } = this;
    const { world } = this.stage;
    if (round === scenario.rounds || adversary.endpoint.closeCode !== undefined) return;
    scenario.attack(adversary, round);
    world.at(world.nowUs + scenario.spacingUs, () => this.playRound(round + 1));
  }

  private countBytes(): void {
    this.stage.world.observe({
      onSend: (_host, { to, bytes }) =>
        void (to.ip === HOSTILE_ADDRESS.ip && (this.bytesOut += bytes.length)),
      onReceive: (host, { from, bytes }) => {
        if (host === this.stage.honest.host && from.ip === HOSTILE_ADDRESS.ip) this.bytesIn += bytes.length;
      },
    });
  }

  private judge(): void {
    const { faults, bytesIn, bytesOut, end, heldBytes = 0 } = this;
    const { code, bytesOutPerByteIn, bytesOutAtMost = 5000, heldBytes: mostHeld } = this.scenario.limits;
    const ended = end?.kind === 'transport' && !end.remote ? end.code : end?.kind;
    if (ended !== code)
      faults.push(`the connection ended by ${ended ?? 'nothing'}, not ${code ?? 'nothing'}`);
    if (bytesOut > bytesOutPerByteIn * bytesIn + bytesOutAtMost)
      faults.push(`${bytesOut} bytes went out for ${bytesIn}`);
    if (heldBytes > mostHeld) faults.push(`${heldBytes} bytes are held, at most ${mostHeld}`);
  }
}

/** Ten times the round trip. */
const HANDSHAKE_US = 200_000;
const AFTERMATH_US = 1_000_000;
