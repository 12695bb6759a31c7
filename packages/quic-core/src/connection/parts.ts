import type { QuicEvent } from '../events.ts';
import type { Settings } from '../config/settings.ts';
import type { DatagramEvent } from '../datagrams/datagram-event.ts';
import { Datagrams } from '../datagrams/datagrams.ts';
import { ConnectionFlow } from '../flow/connection-flow.ts';
import { Handshake } from '../handshake/handshake.ts';
import { LocalIds } from '../ids/local-ids.ts';
import { PeerIds } from '../ids/peer-ids.ts';
import type { ConnectionIdRegistry } from '../ids/registry.ts';
import { Keys } from '../keys/keys.ts';
import type { BeforeSealing } from '../packet/sealing.ts';
import type { HeaderFields } from '../packet/writer.ts';
import {
  Multipath,
  type MultipathHost,
  type PathAddresses,
  type PeerPathLimits,
} from '../multipath/multipath.ts';
import type { NumberedPath, PathParts } from '../multipath/numbered-path.ts';
import { PathMemory } from '../path/path-memory.ts';
import { Migration } from '../path/migration.ts';
import type { Path } from '../path/path.ts';
import { type PathChange, Paths } from '../path/paths.ts';
import { AckFrequency } from '../recovery/ack-frequency.ts';
import { FactRouter } from '../recovery/facts.ts';
import { ProbeTimeout } from '../recovery/pto.ts';
import { Recovery } from '../recovery/recovery.ts';
import { PacketSpaces } from '../spaces/spaces.ts';
import type { StreamEvent } from '../streams/stream-event.ts';
import { Streams } from '../streams/streams.ts';
import { NewToken } from '../tokens/new-token.ts';
import type { Tokens } from '../tokens/token.ts';
import type { Tracer } from '../trace/tracer.ts';
import { type ClientStart, MAX_KEPT_TOKEN_LENGTH } from './client-start.ts';
import { CloseState } from './close-state.ts';
import type { EarlyAdmission } from './early-admission.ts';
import type { EarlyOffer } from './early-offer.ts';
import { EarlyPackets } from './early-packets.ts';
import { HandshakeReports } from './handshake-reports.ts';
import { minAckDelayUs } from '../config/transport-options.ts';
import { Idle } from './idle.ts';
import { Life } from './life.ts';
import { createPathParts } from './path-parts.ts';
import type { QualityWatch } from './quality-watch.ts';
import { Receiver } from './receiver.ts';
import type { ConnectionSeed } from './seed.ts';
import { SendOrder } from './send-order.ts';
import { type Counters, createCounters } from './statistics.ts';
import type { ConnectionSurroundings } from './surroundings.ts';
import { Timer, Timers } from './timers.ts';
import { lossWatcher } from './loss-watcher.ts';
import type { Workbench } from './workbench.ts';

/** An event without the number of its connection, which `emit` adds. */
export type UnsignedEvent = QuicEvent extends infer E
  ? E extends QuicEvent
    ? Omit<E, 'connection'>
    : never
  : never;

/**
 * The parts of a connection, built in the one order that works. A part that acts on others takes this record, and names
 * in the type of its parameter what it uses of it.
 */
export class ConnectionParts implements MultipathHost {
  readonly id: number;
  readonly isClient: boolean;
  readonly logId: string;
  readonly startedUs: number;
  readonly tracer: Tracer;
  readonly workbench: Workbench;
  readonly tokens: Tokens;
  /** Changes packets before they are sealed, in programs that test a peer; undefined in all others. */
  readonly beforeSealing: BeforeSealing | undefined;
  readonly keys: Keys;
  readonly paths: Paths;
  readonly migration: Migration;
  readonly localIds: LocalIds;
  readonly peerIds: PeerIds;
  readonly spaces: PacketSpaces;
  readonly flow: ConnectionFlow;
  readonly streams: Streams;
  readonly idle: Idle;
  readonly closeState: CloseState = new CloseState();
  readonly life: Life;
  readonly timers: Timers = new Timers();
  readonly early: EarlyPackets = new EarlyPackets();
  /** A client's 0-RTT, where it is offered. */
  earlyOffer: EarlyOffer | undefined = undefined;
  /** A server's answer to 0-RTT, where it was offered. */
  earlyAdmission: EarlyAdmission | undefined = undefined;
  readonly statistics: Counters = createCounters();
  readonly handshake: Handshake;
  readonly newToken: NewToken = new NewToken();
  readonly datagrams: Datagrams;
  /** Undefined where this end neither offers min_ack_delay nor asks the peer for fewer acknowledgements. */
  readonly ackFrequency: AckFrequency | undefined;
  readonly recovery: Recovery;
  /** What a server learned about the path, to be given to its client in a token; undefined on clients. */
  readonly memory: PathMemory | undefined;
  readonly fields: HeaderFields;
  readonly receiver: Receiver;
  readonly sendOrder: SendOrder;
  readonly start: ClientStart | undefined;
  /** Paths that this end lets be used at once; 0 where it does not offer multipath. */
  readonly maxPaths: number;
  /** Undefined unless both ends offer multipath. draft-ietf-quic-multipath §2.1 */
  multipath: Multipath | undefined = undefined;
  /** Undefined unless the program asks how the quality of paths changes. */
  qualityWatch: QualityWatch | undefined = undefined;
  private readonly around: ConnectionSurroundings;
  private readonly registry: ConnectionIdRegistry;

  constructor(
    id: number,
    seed: ConnectionSeed,
    registry: ConnectionIdRegistry,
    around: ConnectionSurroundings,
  ) {
    const { settings } = around;
    const { crypto, transport } = settings;
    const { isClient, nowUs } = seed;
    this.around = around;
    this.registry = registry;
    this.id = id;
    this.isClient = isClient;
    this.logId = seed.logId;
    this.startedUs = nowUs;
    this.maxPaths = transport.maxPaths;
    this.tracer = settings.tracer;
    this.workbench = around.workbench;
    this.tokens = settings.tokens;
    this.beforeSealing = settings.options.beforeSealing;
    this.life = new Life(this.closeState, (reason) => around.onClosed(id, reason));
    this.keys = new Keys(crypto, seed.version, isClient, transport);
    this.keys.installInitial(seed.initialKeyId, seed.initialKeys);
    this.spaces = new PacketSpaces(
      transport.maxAckDelayMs * 1000,
      settings.ackDelayExponent,
      settings.randomBelow,
    );
    this.peerIds = new PeerIds(seed.peerId, registry);
    this.paths = createPaths(seed, settings, this.peerIds, this.spaces);
    this.migration = new Migration(this.paths, isClient, seed.followsPreferred);
    this.paths.tell = (change, path, atUs) => this.onPath(change, path, atUs);
    this.localIds = new LocalIds(registry);
    this.flow = new ConnectionFlow(transport.connectionWindowBytes, transport.maxConnectionWindowBytes);
    const tell = (event: StreamEvent | DatagramEvent): void => this.emit(event);
    this.streams = new Streams(!isClient, transport, this.flow, tell, settings.sendPool);
    this.datagrams = new Datagrams(transport, tell);
    this.idle = new Idle(transport.idleTimeoutMs, transport.keepAliveMs, nowUs);
    this.handshake = new Handshake(isClient, this.keys, seed.version, new HandshakeReports(this, around));
    if (transport.ackFrequency) this.ackFrequency = new AckFrequency(minAckDelayUs(transport));
    this.recovery = createRecovery(this, around);
    this.memory = isClient ? undefined : new PathMemory(this.paths);
    this.fields = createFields(seed, this.localIds);
    this.receiver = new Receiver(this);
    this.sendOrder = new SendOrder(this);
    this.start = seed.start?.(this.localIds.first.connectionId);
    this.timers.set(Timer.Handshake, nowUs + transport.handshakeTimeoutMs * 1000);
  }

  /** Tell the application; silent once the connection has closed. */
  emit(event: UnsignedEvent): void {
    if (this.closeState.active || this.earlyAdmission?.keep(event) === true) return;
    this.around.push(Object.assign(event, { connection: this.id }));
  }

  private onPath(change: PathChange, path: Path, nowUs: number): void {
    const { local, remote } = path;
    this.emit({ type: 'path', change, local, remote });
    this.migration.onChange(change, path, nowUs);
  }

  /** Both ends offer multipath. */
  enableMultipath(peer: PeerPathLimits): void {
    const { pathScheduler, transport } = this.around.settings;
    const options = {
      maxPathId: this.maxPaths - 1,
      scheduler: pathScheduler(),
      copiesAll: transport.redundantPaths,
      keepAliveUs: transport.pathKeepAliveMs === 0 ? Infinity : transport.pathKeepAliveMs * 1000,
      idleUs: transport.pathIdleTimeoutMs === 0 ? Infinity : transport.pathIdleTimeoutMs * 1000,
    };
    this.multipath = new Multipath(this, this.registry, options, peer);
  }

  createPath(path: NumberedPath, addresses: PathAddresses, nowUs: number): PathParts {
    return createPathParts(this, this.around, path, addresses, nowUs);
  }

  /** The handshake is complete. */
  onHandshakeComplete(): void {
    this.around.onHandshakeComplete(this.id);
  }

  onToken(token: Uint8Array): void {
    if (token.length <= MAX_KEPT_TOKEN_LENGTH)
      this.emit({ type: 'token', token, version: this.fields.version.current.id });
  }

  /** The time that the caller gave to the current call of the context, or to the last one. */
  nowUs(): number {
    return this.around.nowUs();
  }

  /** Let go of the connection IDs outside of `localIds` that packets of this connection may carry. */
  releaseExtraIds(): void {
    this.registry.releaseExtra();
  }
}

function createPaths(
  seed: ConnectionSeed,
  settings: Settings,
  peerIds: PeerIds,
  { application: space }: PacketSpaces,
): Paths {
  const { initialRttUs, maxUdpPayloadBytes, maxCongestionWindowBytes, ecn, spinBit } = settings.transport;
  const { congestion, bits, random } = settings;
  const paths = new Paths(
    seed.remote,
    seed.local,
    seed.interfaceIndex,
    seed.isClient,
    peerIds,
    { initialRttUs, maxUdpPayloadBytes, maxCongestionWindowBytes, congestion, ecn, space, spinBit, bits },
    random,
    seed.nowUs,
    seed.remembered,
  );
  if (seed.validated) paths.active.amplification.validated = true;
  return paths;
}

function createRecovery(parts: ConnectionParts, { settings, workbench }: ConnectionSurroundings): Recovery {
  const { paths, spaces, handshake, ackFrequency } = parts;
  const timeout = new ProbeTimeout(paths, spaces, handshake);
  const watcher = lossWatcher(parts.id, settings.tracer, 0);
  return new Recovery(
    paths,
    spaces,
    new FactRouter(parts),
    timeout,
    workbench.reports,
    watcher,
    ackFrequency,
  );
}

function createFields(seed: ConnectionSeed, localIds: LocalIds): HeaderFields {
  return {
    version: seed.version,
    destinationId: seed.peerId,
    pathId: 0,
    sourceId: localIds.first.connectionId,
    token: seed.token,
    greasedBits: undefined,
  };
}
