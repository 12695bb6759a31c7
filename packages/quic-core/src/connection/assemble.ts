import type { RememberedPath } from '@tsquic/congestion';
import type { TlsEngine } from '@tsquic/tls13';
import type { Address } from '../context/address.ts';
import type { Settings } from '../context/settings.ts';
import type { CloseReason, QuicEvent } from '../events.ts';
import type { CloseFrame } from '../frame/close.ts';
import { Handshake } from '../handshake/handshake.ts';
import { LocalIds } from '../ids/local-ids.ts';
import { Destinations } from '../ids/destinations.ts';
import { PeerIds } from '../ids/peer-ids.ts';
import type { ConnectionIdRegistry } from '../ids/registry.ts';
import { Keys } from '../keys/keys.ts';
import { PacketType } from '../packet/header.ts';
import type { HeaderFields } from '../packet/writer.ts';
import { PathMemory } from '../path/path-memory.ts';
import { Paths } from '../path/paths.ts';
import { FactRouter } from '../recovery/facts.ts';
import { ProbeTimeout } from '../recovery/pto.ts';
import { Recovery } from '../recovery/recovery.ts';
import { SentFlag } from '../recovery/sent-packets.ts';
import { Spaces } from '../spaces/spaces.ts';
import { StreamWriter } from '../streams/stream-writer.ts';
import { Streams } from '../streams/streams.ts';
import type { Tracer } from '../trace/tracer.ts';
import type { Version } from '../version/versions.ts';
import { type ClientStart, MAX_KEPT_TOKEN_LENGTH } from './client-start.ts';
import { CloseState, decodeReason } from './close-state.ts';
import { EarlyPackets } from './early-packets.ts';
import { HandshakeReports } from './handshake-reports.ts';
import { Idle } from './idle.ts';
import { Receiver } from './receiver.ts';
import { SendOrder } from './send-order.ts';
import { type Counters, createCounters } from './statistics.ts';
import { Timer, Timers } from './timers.ts';

/** An event before it is known whose it is. */
export type UnsignedEvent = QuicEvent extends infer E
  ? E extends QuicEvent
    ? Omit<E, 'connection'>
    : never
  : never;

/** What a new connection is told. */
export interface ConnectionSeed {
  readonly id: number;
  readonly isClient: boolean;
  readonly version: Version;
  readonly remote: Address;
  readonly local: Address;
  readonly interfaceIndex: number;
  /** The remote address is known to be true: a client's server, or a client with a token. */
  readonly validated: boolean;
  /** What an earlier connection learned about the path there. */
  readonly remembered: RememberedPath | undefined;
  /** Destination to begin with. */
  readonly peerId: Uint8Array;
  /** What the Initial keys derive from. */
  readonly initialKeyId: Uint8Array;
  readonly logId: string;
  readonly token: Uint8Array;
  /** Clients only. */
  readonly start: ((source: Uint8Array) => ClientStart) | undefined;
  readonly nowUs: number;
}

/** The parts of a connection, and how it reaches its surroundings. */
export interface ConnectionParts {
  readonly id: number;
  readonly isClient: boolean;
  readonly logId: string;
  readonly localIdLength: number;
  readonly startedUs: number;
  readonly keys: Keys;
  readonly spaces: Spaces;
  readonly paths: Paths;
  readonly recovery: Recovery;
  readonly handshake: Handshake;
  readonly streams: Streams;
  readonly localIds: LocalIds;
  readonly peerIds: PeerIds;
  readonly destinations: Destinations;
  readonly closeState: CloseState;
  readonly idle: Idle;
  readonly timers: Timers;
  /** Servers tell their clients what they learned, in tokens. */
  readonly memory: PathMemory | undefined;
  readonly early: EarlyPackets;
  readonly receiver: Receiver;
  readonly sendOrder: SendOrder;
  readonly fields: HeaderFields;
  readonly statistics: Counters;
  readonly tracer: Tracer;
  readonly start: ClientStart | undefined;
  /** Tell the application; silent once the connection has closed. */
  emit(event: UnsignedEvent): void;
  onClosed(reason: CloseReason): void;
  /** IDs outside of `localIds` that lead here. */
  releaseExtraIds(): void;
}

/** What the context does for a connection. */
export interface ConnectionSurroundings {
  readonly settings: Settings;
  readonly registry: ConnectionIdRegistry;
  push(event: QuicEvent): void;
  onClosed(reason: CloseReason): void;
  onPeerClose(frame: CloseFrame): void;
  onHandshakeComplete(): void;
  /** Servers only: a token for the client's next connection. RFC 9000 §8.1.3 */
  createToken(client: Address, remembered: RememberedPath | undefined): Uint8Array;
  /** The time of the call that is going on. */
  nowUs(): number;
  releaseExtraIds(): void;
}

/** Build the parts of a connection and join them: the one place that knows who needs whom. */
export function assembleConnection(seed: ConnectionSeed, around: ConnectionSurroundings): ConnectionParts {
  const { settings } = around;
  const { tracer } = settings;
  const { id, isClient, nowUs } = seed;
  const closeState = new CloseState();
  const emit = (event: UnsignedEvent): void => {
    if (!closeState.active) around.push(Object.assign(event, { connection: id }));
  };
  // No spreading below: objects made by it get a hidden class each, which costs memory and slows every access.
  const own = createIndependent(seed, around, emit);
  const { keys, paths, localIds, peerIds, spaces, streams, idle } = own;
  // The listener is called only once the handshake runs, when recovery exists.
  const listener = new HandshakeReports(id, own, around, emit, () => recovery);
  const handshake = new Handshake(isClient, own.keys, listener);
  const facts = new FactRouter({ spaces, handshake, streams, localIds, peerIds, paths });
  const random = randomBelow((out) => settings.crypto.random(out));
  const recovery = new Recovery(own.paths, facts, new ProbeTimeout(own.paths, handshake), random);
  recovery.watcher = lossWatcher(id, tracer);
  const destinations = new Destinations(peerIds, paths);
  const fields = createFields(seed, own.localIds);
  const active = { recovery, handshake, destinations, closeState, fields };
  const memory = new PathMemory(own.paths, (remembered, path) =>
    handshake.sendToken(around.createToken(path.remote, remembered)),
  );
  const timers = new Timers();
  timers.set(Timer.Handshake, nowUs + settings.transport.handshakeTimeoutMs * 1000);
  return {
    keys,
    spaces,
    paths,
    streams,
    localIds,
    peerIds,
    destinations,
    idle,
    id,
    isClient,
    logId: seed.logId,
    localIdLength: settings.connectionIdLength,
    startedUs: nowUs,
    recovery,
    handshake,
    closeState,
    timers,
    memory: isClient ? undefined : memory,
    early: new EarlyPackets(),
    receiver: createReceiver(own, active, isClient, around, emit),
    sendOrder: createSendOrder(own, active, seed, settings),
    fields,
    statistics: createCounters(),
    tracer,
    start: seed.start?.(own.localIds.first.connectionId),
    emit,
    onClosed: (reason) => around.onClosed(reason),
    releaseExtraIds: () => around.releaseExtraIds(),
  };
}

/** The parts that act on others. */
type ActiveParts = Pick<ConnectionParts, 'recovery' | 'handshake' | 'destinations' | 'closeState' | 'fields'>;

function createReceiver(
  { streams, localIds, peerIds, paths }: IndependentParts,
  { recovery, handshake }: ActiveParts,
  isClient: boolean,
  around: ConnectionSurroundings,
  emit: (event: UnsignedEvent) => void,
): Receiver {
  return new Receiver({
    isClient,
    recovery,
    handshake,
    streams,
    localIds,
    peerIds,
    paths,
    onPeerClose: (frame) => around.onPeerClose(frame),
    onToken: (token) => token.length <= MAX_KEPT_TOKEN_LENGTH && emit({ type: 'token', token }),
  });
}

function createSendOrder(
  { keys, spaces, paths, streams, localIds, peerIds, idle }: IndependentParts,
  { recovery, handshake, destinations, closeState, fields }: ActiveParts,
  { id, isClient }: ConnectionSeed,
  { tracer, options }: Settings,
): SendOrder {
  return new SendOrder({
    isClient,
    keys,
    spaces,
    recovery,
    paths,
    handshake,
    streams: new StreamWriter(streams),
    localIds,
    peerIds,
    destinations,
    idle,
    closeState,
    fields,
    id,
    tracer,
    beforeSealing: options.beforeSealing,
  });
}

/** The parts that need no other part. */
type IndependentParts = Pick<
  ConnectionParts,
  'keys' | 'paths' | 'localIds' | 'peerIds' | 'spaces' | 'streams' | 'idle'
>;

function createIndependent(
  seed: ConnectionSeed,
  { settings, registry }: ConnectionSurroundings,
  emit: (event: UnsignedEvent) => void,
): IndependentParts {
  const { isClient, nowUs } = seed;
  const { crypto, transport, congestion } = settings;
  const keys = new Keys(crypto, seed.version, isClient);
  keys.installInitial(seed.initialKeyId);
  const { initialRttUs, maxUdpPayloadBytes, maxCongestionWindowBytes, ecn } = transport;
  const paths = new Paths(
    seed.remote,
    seed.local,
    seed.interfaceIndex,
    isClient,
    { initialRttUs, maxUdpPayloadBytes, maxCongestionWindowBytes, congestion, ecn },
    (out) => crypto.random(out),
    nowUs,
    seed.remembered,
  );
  if (seed.validated) paths.active.amplification.validated = true;
  return {
    keys,
    paths,
    localIds: new LocalIds(registry),
    peerIds: new PeerIds(seed.peerId, registry),
    spaces: new Spaces(transport.maxAckDelayMs * 1000, settings.ackDelayExponent),
    streams: new Streams(!isClient, transport, emit, settings.sendPool),
    idle: new Idle(transport.idleTimeoutMs, transport.keepAliveMs, nowUs),
  };
}

function lossWatcher(id: number, tracer: Tracer): Recovery['watcher'] {
  if (tracer.onPacketLost === undefined) return undefined;
  return (space, number, bytes, flags, reordered, nowUs) => {
    const isMtuProbe = (flags & SentFlag.MtuProbe) !== 0;
    tracer.onPacketLost?.(id, SPACE_TYPES[space]!, number, bytes, isMtuProbe, reordered, nowUs);
  };
}

/** The packet type that a tracer hears of for each packet number space. */
const SPACE_TYPES: readonly PacketType[] = [PacketType.Initial, PacketType.Handshake, PacketType.OneRtt];

function createFields(seed: ConnectionSeed, localIds: LocalIds): HeaderFields {
  return {
    versionId: seed.version.id,
    destinationId: seed.peerId,
    sourceId: localIds.first.connectionId,
    token: seed.token,
  };
}

/** The last step: a TLS engine, which may at once have something to say. */
export function startHandshake(parts: ConnectionParts, engine: TlsEngine): void {
  parts.handshake.start(engine);
}

/** What a `CONNECTION_CLOSE` of the peer says. */
export function peerCloseReason(frame: CloseFrame): CloseReason {
  const text = decodeReason(frame.reason);
  return frame.application
    ? { kind: 'application', code: frame.code, text, remote: true }
    : { kind: 'transport', code: frame.code, frameType: frame.frameType, text, remote: true };
}

function randomBelow(random: (out: Uint8Array) => void): (limit: number) => number {
  const word = new Uint8Array(4);
  return (limit) => {
    random(word);
    return Math.floor(
      ((((word[0]! << 24) | (word[1]! << 16) | (word[2]! << 8) | word[3]!) >>> 0) / 2 ** 32) * limit,
    );
  };
}
