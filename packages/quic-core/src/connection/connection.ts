import { equalBytes } from '@tsquic/bytes';
import { Level } from '@tsquic/tls13';
import { TransportCode, TransportError } from '../errors/transport-error.ts';
import type { CloseReason } from '../events.ts';
import { levelOf } from '../keys/keys.ts';
import { Drop } from '../packet/drop.ts';
import { type PacketHeader, PacketType } from '../packet/header.ts';
import { type PacketReader, readerFor } from '../packet/reader.ts';
import type { PacketWriter } from '../packet/writer.ts';
import { BASE_MTU } from '../path/mtu.ts';
import type { Path } from '../path/path.ts';
import { Space } from '../spaces/spaces.ts';
import { type ChangeTracer, createChangeTracer } from '../trace/changes.ts';
import { PACKET_TYPES } from '../trace/packets.ts';
import type { ConnectionParts } from './assemble.ts';
import { transportReason } from './close-state.ts';
import { createDatagram, type Datagram } from './datagram.ts';
import { isGoodbye } from './goodbye.ts';
import { letGo, rest } from './memory.ts';
import { Effect, isFromWrongRole, spaceOf } from './receiver.ts';
import { Timer } from './timers.ts';

/** Closing and draining last this many probe timeouts; keys of an old phase live as long. RFC 9000 §10.2 */
const LINGER_PTOS = 3;
/** A peer that acknowledges late, and so seems far away, cannot make a connection linger for hours. */
const MAX_LINGER_PTO_US = 10_000_000;
/** Streams that are free are announced within this time, however few; they may be more by then. */
const CREDIT_DELAY_US = 1_000_000;
const NOT_READ = -1;

/**
 * One QUIC connection: it owns the parts and decides the order in which they act. Protocol rules live in the
 * parts.
 */
export class Connection {
  readonly parts: ConnectionParts;
  readonly id: number;
  readonly isClient: boolean;
  /** Nothing is left to do: the context may forget it. */
  finished = false;
  private readonly reader: PacketReader;
  /** A packet of the peer was opened: Retry and Version Negotiation come too late. */
  private answered = false;
  /** What became of the first packet of the datagram, or `NOT_READ`. */
  private firstDrop: number = NOT_READ;
  private confirmedSeen = false;
  private installsSeen = 0;
  /** The peer has closed, and the program is not told before the answer has left: by then nothing is left to send. */
  private untold: CloseReason | undefined;
  /** Where the end is told. */
  private closingPath: Path | undefined;
  /** Packets that came earlier are read. */
  private isRetrying = false;
  /** Undefined where nobody watches. */
  private readonly changes: ChangeTracer | undefined;

  constructor(parts: ConnectionParts) {
    this.parts = parts;
    this.id = parts.id;
    this.isClient = parts.isClient;
    this.reader = readerFor(parts.localIdLength);
    this.changes = createChangeTracer(parts.id, parts, parts.tracer);
  }

  // In: the network

  /** Take every packet of a datagram that was routed here; false when its first could not be opened. */
  receive(datagram: Datagram, nowUs: number): boolean {
    const { parts, reader } = this;
    parts.recovery.onTurn(parts.timers.next(), nowUs);
    parts.statistics.bytesReceived += datagram.length;
    parts.tracer.onDatagramReceived?.(this.id, datagram.length, datagram.ecn, nowUs);
    if (parts.closeState.active) {
      this.onReceivedLate(datagram, nowUs);
      return true;
    }
    const path = parts.paths.find(datagram.from, datagram.to, datagram.interfaceIndex, nowUs);
    if (path === undefined) {
      this.onDropped(Drop.WrongAddress, datagram.length, nowUs);
      return true;
    }
    path.amplification.onReceived(datagram.length);
    this.firstDrop = NOT_READ;
    this.receivePackets(datagram, path, nowUs);
    if (reader.drop !== Drop.None) this.onDropped(reader.drop, 0, nowUs);
    const understood = this.firstDrop === Drop.None || this.firstDrop === Drop.Duplicate;
    this.retryEarly(nowUs);
    this.settle(nowUs);
    return understood;
  }

  /**
   * While closing, what comes may have to be told again that this is the end, at the address that it comes from; unless
   * it says the same. RFC 9000 §10.2.1, §10.2.2
   */
  private onReceivedLate(datagram: Datagram, nowUs: number): void {
    const { parts } = this;
    this.onDropped(Drop.Closing, datagram.length, nowUs);
    const path = parts.paths.find(datagram.from, datagram.to, datagram.interfaceIndex, nowUs);
    if (path === undefined) return;
    path.amplification.onReceived(datagram.length);
    if (!parts.closeState.onReceived()) return;
    if (parts.destinations.idOf(path) !== undefined) this.closingPath = path;
    if (isGoodbye(datagram, this.reader, parts)) parts.closeState.drain(parts.closeState.reason!);
  }

  private receivePackets(datagram: Datagram, path: Path, nowUs: number): void {
    const { parts, reader } = this;
    reader.reset(datagram.bytes, datagram.length);
    while (!parts.closeState.active && reader.next()) {
      const { header } = reader;
      try {
        const drop = this.receivePacket(datagram, header, path, nowUs);
        if (this.firstDrop === NOT_READ) this.firstDrop = drop;
        if (drop !== Drop.None) this.onDropped(drop, header.packetEnd - header.headerAt, nowUs);
      } catch (error) {
        this.closeFor(error);
      }
      if (this.untold !== undefined) this.answerClose(levelOf(header.type), path);
    }
  }

  private receivePacket(datagram: Datagram, header: PacketHeader, path: Path, nowUs: number): Drop {
    const { parts } = this;
    const { bytes } = datagram;
    if (isFromWrongRole(header, this.isClient)) return Drop.UnexpectedType;
    if (header.type === PacketType.Retry) return this.onRetry(bytes, header, nowUs);
    if (header.type === PacketType.VersionNegotiation) return this.onVersionNegotiation(bytes, header);
    if (header.type === PacketType.Initial && !this.isClient && datagram.length < BASE_MTU)
      return Drop.SmallInitial;
    if (header.type !== PacketType.OneRtt && !this.isFromPeer(bytes, header)) return Drop.ForeignConnectionId;

    const level = levelOf(header.type);
    const space = spaceOf(level);
    const receiving = parts.spaces.at(space);
    const drop = parts.keys.open(bytes, header, receiving.received.largest);
    if (drop === Drop.NoKeys) return this.keepForLater(datagram, header);
    if (drop !== Drop.None) return drop;
    if (receiving.received.isDuplicate(header.packetNumber)) return this.onDuplicate(header, path);

    this.onAuthentic(bytes, header, path, nowUs);
    const effects = parts.receiver.onPayload(bytes, header, level, path, nowUs);
    const newest = header.packetNumber > receiving.received.largest;
    const ackEliciting = (effects & Effect.AckEliciting) !== 0;
    receiving.onReceived(header.packetNumber, ackEliciting, datagram.ecn, path.rtt.minUs, nowUs);
    if (newest && (effects & Effect.NonProbing) !== 0) this.follow(path, header);
    return Drop.None;
  }

  /** The peer has closed: it may wait to hear that we know, unless it keeps no connection that could. */
  private answerClose(level: Level, path: Path): void {
    const { closeState, destinations } = this.parts;
    // The first that a client hears of a server may well be the last. RFC 9000 §5.2.2
    if (this.isClient && level === Level.Initial && !this.parts.handshake.hasHandshakeKeys) return;
    if (destinations.idOf(path) === undefined) return;
    this.closingPath = path;
    closeState.answer(level);
  }

  /**
   * The peer has moved, unless we have no connection ID that we may use there. RFC 9000 §9.3, §9.5
   *
   * What waited for its keys tells where the peer was, and 0-RTT leaves together with newer Initial packets.
   */
  private follow(path: Path, { type, packetNumber }: PacketHeader): void {
    const { paths, destinations } = this.parts;
    if (path === paths.active || this.isRetrying || type === PacketType.ZeroRtt) return;
    if (destinations.idOf(path) === undefined) return;
    paths.follow(path, packetNumber);
    this.readdress();
  }

  private onDuplicate({ type, packetNumber }: PacketHeader, path: Path): Drop {
    if (type === PacketType.OneRtt && this.parts.paths.onRepeated(path, packetNumber)) this.readdress();
    return Drop.Duplicate;
  }

  /** The packet is from the peer: what that alone means. */
  private onAuthentic(bytes: Uint8Array, header: PacketHeader, path: Path, nowUs: number): void {
    const { parts } = this;
    parts.statistics.packetsReceived++;
    parts.tracer.onPacketReceived?.(
      this.id,
      header.type,
      header.packetNumber,
      header.packetEnd - header.headerAt,
      bytes,
      header.payloadAt,
      header.payloadEnd,
      nowUs,
    );
    parts.idle.onReceived(nowUs);
    parts.recovery.pto.onHeard(nowUs);
    parts.paths.remember(path);
    // The first ID of a server is its client's invention.
    if (header.type !== PacketType.Initial)
      parts.destinations.onReceived(path, bytes, header.dcidAt, header.dcidAt + header.dcidLength);
    if (!this.answered) {
      this.answered = true;
      if (this.isClient) this.adoptPeerId(bytes.slice(header.scidAt, header.scidAt + header.scidLength));
    }
    if (header.type !== PacketType.Handshake || this.isClient) return;
    // Whoever has the Handshake keys got what we sent to the one address so far, wherever this comes from. Of two
    // addresses nobody knows which: they are challenged once the handshake is over. RFC 9000 §8.1, RFC 9001 §4.9.1
    if (!parts.paths.hasMoved) parts.paths.active.amplification.validated = true;
    this.discard(Level.Initial, nowUs);
  }

  /** Whether a long header's version and source ID are those that the peer began with. RFC 9000 §5.2.1, §7.2 */
  private isFromPeer(bytes: Uint8Array, header: PacketHeader): boolean {
    if (header.version !== this.parts.fields.versionId) return false;
    if (this.isClient && !this.answered) return true;
    const { peerSource } = this.parts.handshake.seenIds!;
    return equalBytes(bytes.subarray(header.scidAt, header.scidAt + header.scidLength), peerSource);
  }

  private adoptPeerId(peerSource: Uint8Array): void {
    const { parts } = this;
    parts.peerIds.replaceInitial(peerSource);
    parts.handshake.seenIds = {
      peerSource,
      originalDestination: parts.start!.originalDestination,
      retrySource: parts.start!.retrySource,
    };
  }

  private onRetry(bytes: Uint8Array, header: PacketHeader, nowUs: number): Drop {
    const { parts } = this;
    const drop = parts.start!.onRetry(bytes, header, this.answered);
    if (drop !== Drop.None) return drop;
    const source = parts.start!.retrySource!;
    parts.peerIds.replaceInitial(source);
    parts.keys.installInitial(source);
    parts.fields.token = bytes.slice(header.tokenAt, header.tokenAt + header.tokenLength);
    parts.recovery.loseAll(Space.Initial, nowUs);
    return Drop.None;
  }

  private onVersionNegotiation(bytes: Uint8Array, header: PacketHeader): Drop {
    const offered = this.parts.start!.onVersionNegotiation(bytes, header, this.answered);
    if (offered === undefined) return Drop.Unsolicited;
    this.drain({ kind: 'version-negotiation', offered });
    this.finished = true;
    return Drop.None;
  }

  private keepForLater(datagram: Datagram, header: PacketHeader): Drop {
    const { parts } = this;
    if (parts.handshake.complete || !parts.keys.mayComeLater(header)) return Drop.NoKeys;
    const { bytes, from, to, interfaceIndex, ecn } = datagram;
    // The server has answered, and the part that comes first is lost. RFC 9002 §6.2.3
    if (this.isClient && !parts.handshake.hasHandshakeKeys) parts.recovery.hasten();
    return parts.early.keep(bytes, header, from, to, interfaceIndex, ecn) ? Drop.KeptForLater : Drop.NoKeys;
  }

  /** Try again what came before its keys, once there are keys that might fit. */
  private retryEarly(nowUs: number): void {
    const { parts } = this;
    if (parts.keys.installs === this.installsSeen) return;
    this.installsSeen = parts.keys.installs;
    if (parts.early.isEmpty || parts.closeState.active) return;
    this.isRetrying = true;
    for (const packet of parts.early.takeAll()) {
      const path = parts.paths.find(packet.from, packet.to, packet.interfaceIndex, nowUs);
      if (path === undefined) continue;
      const again = createDatagram(packet.bytes);
      Object.assign(again, packet, { length: packet.bytes.length });
      this.receivePackets(again, path, nowUs);
    }
    this.isRetrying = false;
  }

  private onDropped(drop: Drop, bytes: number, nowUs: number): void {
    this.parts.statistics.packetsDropped++;
    if (drop === Drop.KeptForLater) this.parts.tracer.onPacketBuffered?.(this.id, bytes, nowUs);
    else this.parts.tracer.onPacketDropped?.(this.id, drop, bytes, nowUs);
  }

  // In: time

  private onTimers(nowUs: number): void {
    const { parts } = this;
    const { timers } = parts;
    if (timers.next() > nowUs) return;
    if (timers.isDue(Timer.Drain, nowUs)) this.finished = true;
    if (parts.closeState.active) return;
    if (timers.isDue(Timer.Idle, nowUs)) return this.vanish({ kind: 'idle-timeout' });
    if (timers.isDue(Timer.Handshake, nowUs)) return this.vanish({ kind: 'handshake-timeout' });
    if (timers.isDue(Timer.Loss, nowUs)) parts.recovery.onTimer(nowUs);
    if (timers.isDue(Timer.PathProbe, nowUs)) {
      parts.paths.onTimer(nowUs);
      this.readdress();
    }
    if (timers.isDue(Timer.KeyDiscard, nowUs)) {
      parts.keys.oneRtt.dropPrevious();
      timers.set(Timer.KeyDiscard, Infinity);
    }
    if (timers.isDue(Timer.KeepAlive, nowUs)) {
      parts.idle.pingPending = true;
      parts.streams.onQuiet();
    }
    if (timers.isDue(Timer.Rest, nowUs)) rest(this.parts, nowUs);
    if (timers.isDue(Timer.Credit, nowUs)) parts.streams.announceFreeStreams();
    if (timers.isDue(Timer.Application, nowUs)) {
      timers.set(Timer.Application, Infinity);
      parts.emit({ type: 'wake' });
    }
  }

  // Out

  /** Write at most one datagram into `buffer`. Returns its length, or 0. */
  prepare(writer: PacketWriter, buffer: Uint8Array, nowUs: number): number {
    const { parts } = this;
    parts.recovery.onTurn(parts.timers.next(), nowUs);
    this.onTimers(nowUs);
    this.retryEarly(nowUs);
    if (this.finished) return this.tellEnd(0);
    if (parts.closeState.active) return this.tellEnd(this.prepareClose(writer, buffer, nowUs));
    try {
      parts.keys.beforeSealing(parts.handshake.confirmed);
    } catch (error) {
      this.closeFor(error);
      return this.prepareClose(writer, buffer, nowUs);
    }
    const length = parts.sendOrder.write(writer, buffer, nowUs);
    if (length > 0) this.onSent(writer, length, nowUs);
    parts.timers.set(Timer.Send, length > 0 ? Infinity : parts.sendOrder.openUs);
    this.settle(nowUs);
    return length;
  }

  /** When `prepare` must be called again; valid after `prepare` returned 0. */
  nextWakeUs(): number {
    return this.parts.timers.next();
  }

  private onSent(writer: PacketWriter, length: number, nowUs: number): void {
    const { parts } = this;
    parts.statistics.bytesSent += length;
    parts.tracer.onDatagramSent?.(this.id, length, parts.sendOrder.ecnCodepoint, nowUs);
    for (let i = 0; i < writer.count; i++) {
      const packet = writer.packets[i]!;
      // A client that can send Handshake packets needs no Initial keys any more. RFC 9001 §4.9.1
      if (packet.level === Level.Handshake && this.isClient) this.discard(Level.Initial, nowUs);
    }
  }

  private prepareClose(writer: PacketWriter, buffer: Uint8Array, nowUs: number): number {
    const { parts } = this;
    if (parts.timers.at(Timer.Drain) === Infinity) {
      parts.timers.set(Timer.Drain, nowUs + LINGER_PTOS * Math.min(this.ptoUs, MAX_LINGER_PTO_US));
      parts.timers.onlyKeep(Timer.Drain);
      letGo(this.parts);
    }
    if (!parts.closeState.pending) return 0;
    const path = this.closingPath ?? parts.paths.active;
    // What ended the connection may have come before anything was sent to the peer's own ID. RFC 9000 §7.2
    parts.fields.destinationId = parts.destinations.idOf(path) ?? parts.peerIds.current.connectionId;
    const length = parts.sendOrder.writeClose(writer, buffer, path, nowUs);
    parts.closeState.onAnswered();
    if (length > 0) this.onSent(writer, length, nowUs);
    return length;
  }

  // The end

  /** Begin to close; the peer is told by the next datagram. */
  close(reason: CloseReason): void {
    if (this.parts.closeState.begin(reason)) this.parts.onClosed(reason);
  }

  /** The peer broke a rule; whatever else was thrown goes on. */
  private closeFor(error: unknown): void {
    if (!(error instanceof TransportError)) throw error;
    this.close(transportReason(error));
  }

  /** The peer has closed. */
  onPeerClose(reason: CloseReason): void {
    if (this.parts.closeState.drain(reason)) this.untold = reason;
  }

  private tellEnd(sentBytes: number): number {
    if (this.untold !== undefined) this.parts.onClosed(this.untold);
    this.untold = undefined;
    return sentBytes;
  }

  /** Nobody is left to tell. */
  drain(reason: CloseReason): void {
    if (this.parts.closeState.drain(reason)) this.parts.onClosed(reason);
  }

  /** End at once, in silence. */
  vanish(reason: CloseReason): void {
    this.drain(reason);
    this.tellEnd(0);
    this.finished = true;
  }

  /** A bug of ours: end this connection, and no other; in silence when even the end does not work. */
  fail(error: unknown): void {
    if (this.parts.closeState.active) this.finished = true;
    this.tellEnd(0);
    const failure = new TransportError(TransportCode.InternalError, 0, 'internal error');
    this.close({ ...transportReason(failure), cause: error });
  }

  /** Take back every ID that leads here. */
  release(): void {
    letGo(this.parts);
    this.parts.localIds.release();
    this.parts.peerIds.release();
    this.parts.releaseExtraIds();
  }

  /** The probe timeout of application data on the path in use. RFC 9002 §6.2.1 */
  get ptoUs(): number {
    const { paths, recovery } = this.parts;
    return paths.active.rtt.ptoUs + recovery.maxAckDelayUs;
  }

  /** Everything derived from state is brought up to date here, once per entry point. */
  settle(nowUs: number): void {
    const { parts } = this;
    if (!parts.closeState.active) this.readdress();
    if (parts.closeState.active) return;
    const { timers, recovery, handshake, keys } = parts;
    this.changes?.look(nowUs);
    if (handshake.confirmed && !this.confirmedSeen) this.onConfirmed(nowUs);
    if (handshake.confirmed) parts.memory?.look();
    const { windowUse, controller } = parts.paths.active;
    parts.streams.memory.followFlight(windowUse.recentBytes, controller.windowBytes);
    parts.streams.giveRoom();
    timers.set(Timer.Loss, recovery.timerUs(nowUs));
    timers.set(Timer.AckDelay, parts.sendOrder.ackDueUs());
    timers.set(Timer.PathProbe, parts.paths.timerUs());
    const { ptoUs } = this;
    timers.set(Timer.Idle, parts.idle.timeoutUs(ptoUs));
    timers.set(
      Timer.KeepAlive,
      handshake.complete ? parts.idle.keepAliveTimeUs(parts.streams.isBlocked, ptoUs) : Infinity,
    );
    if (!parts.streams.hasFreeStreams) timers.set(Timer.Credit, Infinity);
    else if (timers.at(Timer.Credit) === Infinity) timers.set(Timer.Credit, nowUs + CREDIT_DELAY_US);
    timers.set(
      Timer.Rest,
      handshake.confirmed ? parts.idle.restTimeUs(parts.paths.active.rtt.ptoUs) : Infinity,
    );
    if (handshake.complete) {
      keys.oneRtt.onAcked(recovery.largestAcked(Space.Application));
      timers.set(Timer.Handshake, Infinity);
    }
    if (keys.oneRtt.takeNewPrevious()) {
      const ptoUs = Math.min(parts.paths.active.rtt.ptoUs, MAX_LINGER_PTO_US);
      timers.set(Timer.KeyDiscard, nowUs + LINGER_PTOS * ptoUs);
    }
  }

  /** What leaves goes to the ID that belongs to the path in use. A peer with too many IDs to retire is cut off. */
  private readdress(): void {
    const { destinations, fields, peerIds } = this.parts;
    try {
      destinations.settle();
    } catch (error) {
      this.closeFor(error);
    }
    fields.destinationId = peerIds.current.connectionId;
  }

  /** Both sides know that the handshake is over. RFC 9001 §4.1.2, §4.9.2 */
  private onConfirmed(nowUs: number): void {
    const { parts } = this;
    this.confirmedSeen = true;
    // A client that speaks for the first time must still be able to: its Initial keys are gone only by then.
    this.discard(Level.Initial, nowUs);
    this.discard(Level.Handshake, nowUs);
    parts.paths.onConfirmed(parts.handshake.peerParameters!.maxUdpPayloadSize);
    parts.localIds.supply(parts.handshake.peerParameters!.activeConnectionIdLimit);
    parts.emit({ type: 'confirmed' });
  }

  private discard(level: Level, nowUs: number): void {
    const { parts } = this;
    const space = spaceOf(level);
    if (parts.spaces.at(space).discarded) return;
    parts.keys.discard(level);
    parts.tracer.onKeysDiscarded?.(this.id, PACKET_TYPES[level]!, nowUs);
    parts.handshake.discard(level);
    parts.spaces.discard(space);
    parts.recovery.discardSpace(space, nowUs);
  }
}
