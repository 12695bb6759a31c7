import type { TlsEngine } from '@tsquic/tls13';
import type { Address } from '../context/address.ts';
import type { Settings } from '../context/settings.ts';
import type { CloseReason, QuicEvent } from '../events.ts';
import type { CloseFrame } from '../frame/close.ts';
import { Handshake, type HandshakeListener } from '../handshake/handshake.ts';
import { LocalIds } from '../ids/local-ids.ts';
import { PeerIds } from '../ids/peer-ids.ts';
import type { ConnectionIdRegistry } from '../ids/registry.ts';
import { Keys } from '../keys/keys.ts';
import type { PacketHeader } from '../packet/header.ts';
import type { HeaderFields } from '../packet/writer.ts';
import { Paths } from '../path/paths.ts';
import { FactRouter } from '../recovery/facts.ts';
import { ProbeTimeout } from '../recovery/pto.ts';
import { Recovery } from '../recovery/recovery.ts';
import { Spaces } from '../spaces/spaces.ts';
import { StreamWriter } from '../streams/stream-writer.ts';
import { Streams } from '../streams/streams.ts';
import type { Tracer } from '../trace/tracer.ts';
import type { Version } from '../version/versions.ts';
import type { ClientStart } from './client-start.ts';
import { CloseState, decodeReason } from './close-state.ts';
import { EarlyPackets } from './early-packets.ts';
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
  readonly closeState: CloseState;
  readonly idle: Idle;
  readonly timers: Timers;
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
  releaseExtraIds(): void;
}

/** Build the parts of a connection and join them: the one place that knows who needs whom. */
export function assembleConnection(seed: ConnectionSeed, around: ConnectionSurroundings): ConnectionParts {
  const { settings, registry } = around;
  const { id, isClient, nowUs } = seed;
  const { crypto, transport } = settings;
  const closeState = new CloseState();
  const emit = (event: UnsignedEvent): void => {
    if (!closeState.active) around.push({ ...event, connection: id } as QuicEvent);
  };
  const keys = new Keys(crypto, seed.version, isClient);
  keys.installInitial(seed.initialKeyId);
  const paths = new Paths(
    seed.remote,
    seed.local,
    seed.interfaceIndex,
    isClient,
    {
      initialRttUs: transport.initialRttUs,
      maxUdpPayloadBytes: transport.maxUdpPayloadBytes,
      congestion: settings.congestion,
    },
    (out) => crypto.random(out),
    nowUs,
  );
  if (seed.validated) paths.active.amplification.validated = true;
  const localIds = new LocalIds(registry);
  const peerIds = new PeerIds(seed.peerId, registry);
  const spaces = new Spaces(transport.maxAckDelayMs * 1000, settings.ackDelayExponent);
  const streams = new Streams(!isClient, transport, emit);
  const idle = new Idle(transport.idleTimeoutMs, transport.keepAliveMs, nowUs);
  const timers = new Timers();
  const statistics = createCounters();
  const start = seed.start?.(localIds.first.connectionId);

  const listener: HandshakeListener = {
    onParameters(parameters) {
      streams.onPeerLimits(parameters);
      idle.onPeerTimeout(parameters.maxIdleTimeoutMs);
      recovery.maxAckDelayUs = parameters.maxAckDelayMs * 1000;
      recovery.ackDelayExponent = parameters.ackDelayExponent;
      if (parameters.statelessResetToken !== undefined)
        peerIds.setInitialToken(parameters.statelessResetToken);
    },
    onCertificate: (chain, serverName) => emit({ type: 'certificate', chain, serverName }),
    onComplete(event) {
      const { alpn, serverName, cipherSuite, resumed, earlyDataAccepted } = event;
      around.onHandshakeComplete();
      emit({ type: 'connected', alpn, serverName, cipherSuite, resumed, earlyDataAccepted });
    },
    onTicket: (ticket) => emit({ type: 'ticket', ticket }),
    onKeyLog: (line) => settings.onKeyLog?.(line),
  };
  const handshake = new Handshake(isClient, keys, listener);
  const facts = new FactRouter({ spaces, handshake, streams, localIds, peerIds, paths });
  const recovery = new Recovery(
    paths,
    facts,
    new ProbeTimeout(paths, handshake),
    randomBelow(crypto.random.bind(crypto)),
  );
  const receiver = new Receiver(
    {
      isClient,
      recovery,
      handshake,
      streams,
      localIds,
      peerIds,
      paths,
      onPeerClose: (frame) => around.onPeerClose(frame),
      onToken: (token) => emit({ type: 'token', token }),
    },
    (header) => settings.usedId(header),
  );
  const fields: HeaderFields = {
    versionId: seed.version.id,
    destinationId: seed.peerId,
    sourceId: localIds.first.connectionId,
    token: seed.token,
  };
  const sendOrder = new SendOrder({
    isClient,
    keys,
    spaces,
    recovery,
    paths,
    handshake,
    streams: new StreamWriter(streams),
    localIds,
    peerIds,
    closeState,
    idle,
    fields,
  });
  timers.set(Timer.Handshake, nowUs + transport.handshakeTimeoutMs * 1000);
  return {
    id,
    isClient,
    logId: seed.logId,
    localIdLength: settings.connectionIdLength,
    startedUs: nowUs,
    keys,
    spaces,
    paths,
    recovery,
    handshake,
    streams,
    localIds,
    peerIds,
    closeState,
    idle,
    timers,
    early: new EarlyPackets(),
    receiver,
    sendOrder,
    fields,
    statistics,
    tracer: settings.tracer,
    start,
    emit,
    onClosed: (reason) => around.onClosed(reason),
    releaseExtraIds: () => around.releaseExtraIds(),
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
