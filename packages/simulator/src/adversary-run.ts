import type { Address, CloseReason } from '@tsquic/quic-core';
import { encodeParameters, FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import { AdversaryHost } from './adversary-host.ts';
import { AdversaryEndpoint, frame } from '@tsquic/adversary';
import type { AdversaryScenario, AdversaryScene } from './adversary-scenario.ts';
import { createHttp3Program } from './http3-program.ts';
import { createTestIdentity } from './test-identity.ts';
import { playWatched, textOf, type WitnessedRunOptions } from './witnessed-run.ts';
import {
  HONEST_ADDRESS,
  HONEST_ELSEWHERE,
  HOSTILE_ADDRESS,
  WITNESS_ADDRESS,
  WitnessedStage,
} from './witnessed-stage.ts';

/** The result of a run. */
export interface AdversaryResult {
  readonly scenario: AdversaryScenario;
  readonly seed: number;
  /** Empty when the run passed. */
  readonly faults: readonly string[];
  /** How the connection ended, if it did. */
  readonly end: CloseReason | undefined;
  /** Bytes that came to the honest side during the attack. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Bytes of memory held; undefined when they were not measured. */
  readonly heldBytes: number | undefined;
  /** The longest time that one call of the honest side took, ms; undefined when it was not measured. */
  readonly worstMs: number | undefined;
}

/** Run an attack on an honest side, with a witness beside it. Never throws for what the contexts do. */
export function runAdversary(scenario: AdversaryScenario, options: WitnessedRunOptions): AdversaryResult {
  const run = new AdversaryRun(scenario, options);
  playWatched(run);
  const { faults, end, bytesIn, bytesOut, heldBytes, worstMs } = run;
  return { scenario, seed: options.seed, faults, end, bytesIn, bytesOut, heldBytes, worstMs };
}

/** The beginning of a fault that may be caused by a busy machine. */
const SLOW = 'too slow';

/** One stage with an adversary. */
class AdversaryRun {
  readonly faults: string[] = [];
  readonly stage: WitnessedStage;
  bytesIn = 0;
  bytesOut = 0;
  bytesToOthers = 0;
  heldBytes: number | undefined;
  worstMs: number | undefined;
  private readonly scenario: AdversaryScenario;
  private readonly options: WitnessedRunOptions;
  private readonly adversary: AdversaryHost;
  private readonly addresses: readonly Address[];
  private strangers = 0;

  constructor(scenario: AdversaryScenario, options: WitnessedRunOptions) {
    this.scenario = scenario;
    this.options = options;
    const { seed, createCrypto } = options;
    const honestIsServer = scenario.adversary === 'client';
    this.stage = new WitnessedStage({
      seed,
      createCrypto,
      honestIsServer,
      honestElsewhere: [HONEST_ELSEWHERE],
      honest: {
        tracer: {
          onInternalError: (_connection, error) => void this.faults.push(`our own error: ${textOf(error)}`),
        },
        ...(scenario.transport !== undefined && { transport: scenario.transport }),
        ...(typeof scenario.honest === 'function' ? scenario.honest() : scenario.honest),
      },
      ...(scenario.program !== undefined && { program: scenario.program }),
      ...(scenario.http3 !== undefined && { program: { onEvent: createHttp3Program(scenario.http3) } }),
    });
    const { world } = this.stage;
    const crypto = createCrypto(world.random.fork('adversary').fillBytes);
    const { parameters, acknowledges, edit, until, identity = createTestIdentity, tls } = scenario;
    const { addresses = [] } = scenario;
    this.adversary = new AdversaryHost({
      crypto,
      isClient: honestIsServer,
      to: HONEST_ADDRESS,
      identity: identity(crypto),
      provesAddresses: addresses.length > 0,
      ...tls,
      ...(acknowledges !== undefined && { acknowledges }),
      ...(edit !== undefined && { edit }),
      ...(until === 'half of it' && { silentFrom: Level.Handshake }),
      ...(until === 'nothing' && { silentFrom: Level.Initial }),
      ...(parameters !== undefined && {
        parameters: (record) => {
          parameters(record);
          return encodeParameters(record, 1);
        },
      }),
    });
    this.addresses = [HOSTILE_ADDRESS, ...addresses];
    world.addHost({ name: 'adversary', context: this.adversary, addresses: this.addresses });
    for (const address of this.addresses) this.stage.addLinks(address, {});
    this.measure();
  }

  /** How the honest side's connection to the adversary ended. */
  get end(): CloseReason | undefined {
    return this.stage.connectionsTo(HOSTILE_ADDRESS)[0]?.closeReason;
  }

  /** Whether the honest side has completed the handshake with the adversary. */
  private get isConnected(): boolean {
    const [connection] = this.stage.connectionsTo(HOSTILE_ADDRESS);
    return (connection?.statistics().handshakeUs ?? -1) >= 0;
  }

  play(): void {
    const { stage, scenario, options, faults, adversary } = this;
    const { world } = stage;
    const { until = 'the end' } = scenario;
    const heldBefore = options.heldBytes?.();
    stage.connectWitness();
    if (scenario.adversary === 'server') stage.connect(stage.honest, HOSTILE_ADDRESS);
    else if (until !== 'nothing') adversary.endpoint.start();
    world.run(() => false, HANDSHAKE_US);
    if (this.isConnected !== (until === 'the end')) faults.push('the handshake stands elsewhere');
    if (scenario.adversary === 'server' && until === 'the end')
      adversary.send(Level.Application, frame(FrameType.HandshakeDone));
    world.run(() => false, 2 * HANDSHAKE_US);
    this.countBytes();
    this.playRound(0);
    world.run(() => false, world.nowUs + scenario.rounds * scenario.spacingUs + AFTERMATH_US);
    if (heldBefore !== undefined) this.heldBytes = options.heldBytes!() - heldBefore;
    this.judge();
    faults.push(...(scenario.faultsAfter?.(stage.honest) ?? []), ...stage.witnessFaults());
  }

  private playRound(round: number): void {
    const { scenario, adversary } = this;
    const { world } = this.stage;
    const isOver = adversary.endpoint.closeCode !== undefined && scenario.goesOn !== true;
    if (round === scenario.rounds || isOver) return;
    scenario.attack(adversary, round, this.scene);
    world.at(world.nowUs + scenario.spacingUs, () => this.playRound(round + 1));
  }

  private countBytes(): void {
    this.stage.world.observe({
      onSend: (host, { to, bytes }) => {
        if (host !== this.stage.honest.host || to.ip === WITNESS_ADDRESS.ip) return;
        this.bytesOut += bytes.length;
        if (!this.addresses.some(({ ip }) => ip === to.ip)) this.bytesToOthers += bytes.length;
      },
      onReceive: (host, { from, bytes }) => {
        if (host === this.stage.honest.host && from.ip !== WITNESS_ADDRESS.ip) this.bytesIn += bytes.length;
      },
    });
  }

  /** What an attack can use besides the adversary's connection. */
  private get scene(): AdversaryScene {
    const { world } = this.stage;
    const { createCrypto } = this.options;
    const isClient = this.scenario.adversary === 'client';
    return {
      world,
      inject: (
        bytes,
        port = HOSTILE_ADDRESS.port,
        { fromIp = HOSTILE_ADDRESS.ip, to = HONEST_ADDRESS } = {},
      ) => world.inject({ bytes, from: { ip: fromIp, port }, to, ecn: 0, sentUs: world.nowUs }),
      stranger: (deliver, options) => {
        const crypto = createCrypto(world.random.fork(`stranger ${this.strangers++}`).fillBytes);
        const identity = createTestIdentity(crypto);
        return new AdversaryEndpoint({ crypto, isClient, identity, deliver, ...options });
      },
    };
  }

  /** Measure each call of the honest side's context by itself. */
  private measure(): void {
    const { computedMs } = this.options;
    if (computedMs === undefined) return;
    const { context } = this.stage.honest;
    this.worstMs = 0;
    const timed =
      <Parameters extends unknown[], Result>(
        call: (...parameters: Parameters) => Result,
      ): ((...parameters: Parameters) => Result) =>
      (...parameters) => {
        const beganMs = computedMs();
        const result = call(...parameters);
        this.worstMs = Math.max(this.worstMs!, computedMs() - beganMs);
        return result;
      };
    context.incomingPacket = timed(context.incomingPacket.bind(context));
    context.prepareNextPacket = timed(context.prepareNextPacket.bind(context));
  }

  private judge(): void {
    const { faults, end, heldBytes = 0, worstMs = 0 } = this;
    const { code, heldBytes: mostHeld, worstMs: mostMs = MOST_MS } = this.scenario.limits;
    const ended = end?.kind === 'transport' && !end.remote ? end.code : end?.kind;
    if (ended !== code)
      faults.push(`the connection ended by ${ended ?? 'nothing'}, not ${code ?? 'nothing'}`);
    const { applicationCode } = this.scenario.limits;
    if (applicationCode !== undefined && !isEndedBy(end, applicationCode))
      faults.push(`the program ended it otherwise than by ${applicationCode}: ${JSON.stringify(end)}`);
    this.judgeBytes();
    if (heldBytes > mostHeld) faults.push(`${heldBytes} bytes are held, at most ${mostHeld}`);
    if (worstMs > mostMs) faults.push(`${SLOW}: ${worstMs.toFixed(1)} ms at a time`);
  }

  private judgeBytes(): void {
    const { faults, bytesIn, bytesOut, bytesToOthers } = this;
    const {
      bytesOutPerByteIn,
      bytesOutAtMost = 5000,
      bytesToOthers: mostToOthers = 0,
    } = this.scenario.limits;
    if (bytesOut > bytesOutPerByteIn * bytesIn + bytesOutAtMost)
      faults.push(`${bytesOut} bytes went out for ${bytesIn}`);
    if (bytesToOthers > mostToOthers)
      faults.push(`${bytesToOthers} bytes went elsewhere, at most ${mostToOthers}`);
  }
}

function isEndedBy(end: CloseReason | undefined, code: number): boolean {
  return end?.kind === 'application' && !end.remote && end.code === code;
}

/** Ten round trips. */
const HANDSHAKE_US = 200_000;
const AFTERMATH_US = 1_000_000;
/** A time that other connections do not notice. */
const MOST_MS = 50;
