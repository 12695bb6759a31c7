import { equalBytes } from '@tsquic/bytes';
import { Level } from '@tsquic/tls13';
import { Drop } from '../packet/drop.ts';
import type { PacketHeader } from '../packet/header.ts';
import type { PacketReader } from '../packet/reader.ts';
import { BASE_MTU } from '../packet/datagram-size.ts';
import type { NumberedPath, PathParts } from '../multipath/numbered-path.ts';
import type { Path } from '../path/path.ts';
import type { PacketSpace } from '../spaces/packet-space.ts';
import { type ChangeTracer, createChangeTracer } from './changes.ts';
import type { ConnectionParts } from './parts.ts';
import { writeClose } from './close-packets.ts';
import { armEarlyKeys, Deadlines } from './deadlines.ts';
import { onTimers, onTurn } from './expiry.ts';
import { readdress } from './addressing.ts';
import { settleDatagrams } from './datagram-room.ts';
import { createDatagram, type Datagram } from './datagram.ts';
import { onAnswered, onRetry, onVersionNegotiation } from './first-flight.ts';
import { answerLate } from './answered-close.ts';
import { endsWithNumbers, hasUsedUpNumbers } from './number-exhaustion.ts';
import { followFlight, giveToken, greetElsewhere, keepClosingState, rememberPath } from './memory.ts';
import type { OutgoingDatagram } from './outgoing-datagram.ts';
import { Effect, isFromWrongRole } from './receiver.ts';
import { Turn } from './turn.ts';
import { PacketType } from '../version/packet-type.ts';
import { isProtected, levelOf, type ProtectedType, spaceOf, typeOf } from '../packet/levels.ts';

const NOT_READ = -1;

/**
 * One QUIC connection: it owns the parts and decides the order in which they act. Protocol rules live in the
 * parts.
 */
export class Connection {
  readonly parts: ConnectionParts;
  readonly id: number;
  readonly isClient: boolean;
  readonly turn: Turn = new Turn();
  private readonly reader: PacketReader;
  private readonly deadlines: Deadlines;
  /** Whether a packet of the peer was opened: a Retry or Version Negotiation packet after that is ignored. */
  private answered = false;
  /** What became of the first packet of the datagram, or `NOT_READ`. */
  private firstDrop: number = NOT_READ;
  private completeSeen = false;
  private confirmedSeen = false;
  private installsSeen = 0;
  /** The parts of the path that the datagram in hand came on. */
  private way: PathParts;
  /** Whether packets that were kept for their keys are being read. */
  private isRetrying = false;
  /** Undefined where the tracer asks for no changes. */
  private readonly changes: ChangeTracer | undefined;

  constructor(parts: ConnectionParts) {
    this.parts = this.way = parts;
    this.id = parts.id;
    this.isClient = parts.isClient;
    this.reader = parts.workbench.packets;
    this.deadlines = new Deadlines(parts);
    this.changes = createChangeTracer(parts.id, parts, parts.tracer);
  }

  // Incoming datagrams

  /** Take every packet of a datagram that was routed here; false when its first could not be opened. */
  receive(datagram: Datagram, nowUs: number): boolean {
    const { parts, reader } = this;
    onTurn(parts, this.deadlines.dueToReceiveUs(nowUs), nowUs);
    parts.statistics.bytesReceived += datagram.length;
    parts.tracer.onDatagramReceived?.(this.id, datagram.length, datagram.ecn, nowUs);
    if (parts.closeState.active) {
      this.onReceivedLate(datagram, nowUs);
      return true;
    }
    const path = this.pathOf(datagram, nowUs);
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

  /** The path that a datagram came on, by its connection ID and its addresses; undefined where there is none. */
  private pathOf(datagram: Datagram, nowUs: number): Path | undefined {
    const { from, to, interfaceIndex } = datagram;
    const { multipath } = this.parts;
    this.way = this.parts;
    const numbered = multipath?.addressed(datagram.bytes, datagram.length);
    if (numbered !== undefined) {
      if (numbered.parts === undefined && !this.opensPath(datagram, numbered, nowUs)) return undefined;
      this.way = numbered.parts!;
    }
    return this.way.paths.find(from, to, interfaceIndex, nowUs);
  }

  /**
   * Whether a datagram opens the path that it is addressed to. Its first packet is opened for that in a copy: whoever has seen the
   * connection ID can send what is none of the peer's, for which nothing is made. draft-ietf-quic-multipath §3.1, §7.1
   */
  private opensPath(datagram: Datagram, path: NumberedPath, nowUs: number): boolean {
    const { parts, reader } = this;
    const { bytes, length, from, to, interfaceIndex } = datagram;
    if (parts.closeState.active || this.isClient || path.state !== 'unused') return false;
    const copy = bytes.slice(0, length);
    reader.reset(copy, length);
    if (!reader.next()) return false;
    reader.header.pathId = path.id;
    if (parts.keys.open(copy, reader.header, -1) !== Drop.None) return false;
    return parts.multipath!.onFirstPacket(path, { remote: from, local: to, interfaceIndex }, nowUs);
  }

  /**
   * While closing, a packet of the peer may have to be answered with CONNECTION_CLOSE, to the address that it
   * came from, unless it closes the connection as well. RFC 9000 §10.2.1, §10.2.2
   */
  private onReceivedLate(datagram: Datagram, nowUs: number): void {
    const { parts } = this;
    this.onDropped(Drop.Closing, datagram.length, nowUs);
    const path = this.pathOf(datagram, nowUs);
    if (path !== undefined) answerLate(datagram, path, this.reader, parts);
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
        parts.life.closeFor(error);
      }
      if (parts.life.awaitsAnswer && isProtected(header.type)) this.answerClose(levelOf(header.type), path);
    }
  }

  private receivePacket(datagram: Datagram, header: PacketHeader, path: Path, nowUs: number): Drop {
    const { parts } = this;
    const { bytes } = datagram;
    if (isFromWrongRole(header, this.isClient)) return Drop.UnexpectedType;
    const { type } = header;
    if (type === PacketType.Retry) return onRetry(parts, bytes, header, this.answered, nowUs);
    if (type === PacketType.VersionNegotiation)
      return onVersionNegotiation(parts, bytes, header, this.answered, nowUs);
    if (type === PacketType.Initial && !this.isClient && datagram.length < BASE_MTU) return Drop.SmallInitial;
    if (type !== PacketType.OneRtt && !this.isFromPeer(bytes, header)) return Drop.ForeignConnectionId;

    const level = levelOf(type);
    const space = parts.spaces.at(spaceOf(level), path);
    if (space === undefined) return Drop.NoKeys;
    header.pathId = path.space.pathId;
    const drop = parts.keys.open(bytes, header, space.receiving.received.largest);
    if (drop === Drop.NoKeys) return this.keepForLater(datagram, header, type);
    if (drop !== Drop.None) return drop;
    return this.takePacket(datagram, header, level, space, path, nowUs);
  }

  /** Take a packet that its keys have opened. */
  private takePacket(
    datagram: Datagram,
    header: PacketHeader,
    level: Level,
    space: PacketSpace,
    path: Path,
    nowUs: number,
  ): Drop {
    const { receiving } = space;
    if (receiving.received.isDuplicate(header.packetNumber)) {
      receiving.received.onDuplicate(header.packetNumber);
      return this.onDuplicate(header, path, nowUs);
    }

    const newest = header.packetNumber > receiving.received.largest;
    if (newest && this.way.migration.isLeft(path)) return Drop.WrongAddress;
    this.onAuthentic(datagram.bytes, header, path, nowUs);
    const effects = this.parts.receiver.onPayload(datagram.bytes, header, level, space, path, nowUs);
    const ackEliciting = (effects & Effect.AckEliciting) !== 0;
    receiving.onReceived(header.packetNumber, ackEliciting, datagram.ecn, path.rtt.minUs, nowUs);
    if (newest && (effects & Effect.NonProbing) !== 0) this.follow(path, header, nowUs);
    return Drop.None;
  }

  /**
   * The peer has closed the connection: send one CONNECTION_CLOSE in answer, unless the peer keeps no state
   * that it could reach, or has moved to an address that is not validated.
   */
  private answerClose(level: Level, path: Path): void {
    const { life, handshake, paths } = this.parts;
    // A CONNECTION_CLOSE in a server's first Initial packet refuses the connection, and the server keeps no
    // state. RFC 9000 §5.2.2
    if (this.isClient && level === Level.Initial && !handshake.hasHandshakeKeys) return;
    // A server that sends to another address of its client has to begin path validation, of which nothing can come any
    // more. The answer is a MAY, and packets from such an address may be discarded. RFC 9000 §9.3, §10.2.1, §10.2.2
    if (!this.isClient && paths.isConfirmed && !path.amplification.validated) return;
    if (path.destination !== undefined) life.answer(level, path);
  }

  /**
   * The peer has migrated: follow it, unless we have no connection ID that is unused on other paths.
   * RFC 9000 §9.3, §9.5
   *
   * A packet that waited for its keys shows an old address of the peer, and a 0-RTT packet no newer one than
   * the Initial packets that it leaves with.
   */
  private follow(path: Path, { type, packetNumber }: PacketHeader, nowUs: number): void {
    if (this.isRetrying || type === PacketType.ZeroRtt || path.destination === undefined) return;
    this.way.migration.follow(path, type === PacketType.OneRtt ? packetNumber : Infinity);
    if (path === this.way.paths.active) readdress(this.parts, nowUs);
  }

  private onDuplicate({ type, packetNumber }: PacketHeader, path: Path, nowUs: number): Drop {
    if (type === PacketType.OneRtt && this.way.migration.onRepeated(path, packetNumber))
      readdress(this.parts, nowUs);
    return Drop.Duplicate;
  }

  /** A packet that was opened is from the peer: update what follows from that alone. */
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
      path.space.pathId,
    );
    if (header.type === PacketType.OneRtt) path.spin.onReceived(bytes[header.headerAt]!, header.packetNumber);
    else parts.fields.version.onHeard(header.version);
    parts.idle.onReceived(nowUs);
    this.way.recovery.pto.onHeard(nowUs);
    this.way.paths.remember(path);
    // The client chose the Destination Connection ID of Initial and 0-RTT packets itself, so it is none that
    // this server issued.
    if (header.type !== PacketType.Initial && header.type !== PacketType.ZeroRtt)
      this.way.paths.onAddressed(path, bytes, header.dcidAt, header.dcidAt + header.dcidLength);
    if (!this.answered) {
      this.answered = true;
      if (this.isClient) onAnswered(parts, bytes.slice(header.scidAt, header.scidAt + header.scidLength));
    }
    if (header.type !== PacketType.Handshake || this.isClient) return;
    // A client with Handshake keys has received what went to its only address so far, which validates that
    // address. After a change of address it is not known which of the two: both are challenged once the
    // handshake is over. RFC 9000 §8.1, RFC 9001 §4.9.1
    if (!parts.migration.hasMoved) parts.paths.active.amplification.validated = true;
    this.discard(Level.Initial, nowUs);
  }

  /** Whether a long header's version and source ID are those that the peer began with. RFC 9000 §5.2.1, §7.2 */
  private isFromPeer(bytes: Uint8Array, header: PacketHeader): boolean {
    if (!this.parts.fields.version.accepts(header)) return false;
    if (this.isClient && !this.answered) return true;
    const { peerSource } = this.parts.handshake.seenIds!;
    return equalBytes(bytes.subarray(header.scidAt, header.scidAt + header.scidLength), peerSource);
  }

  private keepForLater(datagram: Datagram, header: PacketHeader, type: ProtectedType): Drop {
    const { parts } = this;
    if (parts.handshake.complete || !parts.keys.mayComeLater(type)) return Drop.NoKeys;
    const { bytes, from, to, interfaceIndex, ecn } = datagram;
    // The server has answered, but the first part of its flight is lost: the probe timeout is shortened.
    // RFC 9002 §6.2.3
    if (this.isClient && !parts.handshake.hasHandshakeKeys) parts.recovery.hasten();
    return parts.early.keep(bytes, header, from, to, interfaceIndex, ecn) ? Drop.KeptForLater : Drop.NoKeys;
  }

  /** Read the packets that came before their keys, once there are keys that may open them. */
  private retryEarly(nowUs: number): void {
    const { parts } = this;
    if (parts.keys.installs === this.installsSeen) return;
    this.installsSeen = parts.keys.installs;
    if (parts.early.isEmpty || parts.closeState.active) return;
    this.isRetrying = true;
    this.way = parts;
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

  // Outgoing datagrams

  /** Fill `out` with a datagram, or with a train of them where it has room. Returns the length of all, or 0. */
  prepare(out: OutgoingDatagram, nowUs: number): number {
    const { parts } = this;
    const dueUs = this.deadlines.dueToSendUs(nowUs);
    onTurn(parts, dueUs, nowUs);
    if (dueUs <= nowUs) onTimers(this.parts, nowUs);
    this.retryEarly(nowUs);
    if (parts.closeState.active) return this.prepareClose(out, nowUs);
    if (endsWithNumbers(parts)) return 0;
    try {
      if (parts.keys.beforeSealing(parts.handshake.confirmed)) parts.idle.pingPending = true;
    } catch (error) {
      parts.life.closeFor(error);
      return this.prepareClose(out, nowUs);
    }
    const length = parts.sendOrder.write(out, nowUs);
    if (length > 0) this.prolong(out, length, nowUs);
    this.derive(nowUs);
    this.deadlines.onSent(nowUs);
    return length === 0 ? 0 : out.length;
  }

  /** Put more datagrams behind the first in `out`, as long as window, pacing and buffer allow. */
  private prolong(out: OutgoingDatagram, first: number, nowUs: number): void {
    const { keys, handshake, idle, sendOrder, life } = this.parts;
    try {
      for (let length = first; length > 0; length = sendOrder.writeMore(out, nowUs)) {
        this.onSent(length, out.ecn, nowUs);
        if (out.length + out.segmentSize > out.buffer.length || hasUsedUpNumbers(this.parts)) return;
        if (keys.beforeSealing(handshake.confirmed)) idle.pingPending = true;
      }
    } catch (error) {
      life.closeFor(error);
    }
  }

  /** When `prepare` must be called again; valid after `prepare` returned 0. */
  nextWakeUs(): number {
    return this.deadlines.nextUs();
  }

  private onSent(length: number, ecn: number, nowUs: number): void {
    const { parts } = this;
    const { writer } = parts.workbench;
    parts.statistics.bytesSent += length;
    parts.tracer.onDatagramSent?.(this.id, length, ecn, nowUs);
    for (let i = 0; i < writer.count; i++) {
      const packet = writer.packets[i]!;
      // A client that can send Handshake packets discards its Initial keys. RFC 9001 §4.9.1
      if (packet.level === Level.Handshake && this.isClient) this.discard(Level.Initial, nowUs);
    }
  }

  /**
   * Fill `out` with the CONNECTION_CLOSE that is still to be sent; after that, the program is told of the
   * peer's close.
   */
  private prepareClose(out: OutgoingDatagram, nowUs: number): number {
    const length = this.parts.life.finished ? 0 : writeClose(this.parts, out, nowUs);
    if (length > 0) this.onSent(length, out.ecn, nowUs);
    this.parts.life.tell();
    return length;
  }

  /** Release every connection ID of this connection. */
  release(): void {
    keepClosingState(this.parts);
    this.parts.multipath?.table.release();
    this.parts.localIds.release();
    this.parts.peerIds.release();
    this.parts.releaseExtraIds();
  }

  // State

  /** Bring everything up to date that derives from what a packet or a call has changed. */
  settle(nowUs: number): void {
    this.derive(nowUs);
    this.deadlines.onReceived(nowUs);
  }

  private derive(nowUs: number): void {
    const { parts } = this;
    if (parts.handshake.complete && !this.completeSeen) this.onComplete(nowUs);
    if (!parts.closeState.active) readdress(this.parts, nowUs);
    if (parts.closeState.active) return;
    const { handshake } = parts;
    this.changes?.look(nowUs);
    parts.qualityWatch?.look();
    if (handshake.confirmed && !this.confirmedSeen) this.onConfirmed(nowUs);
    if (handshake.confirmed) rememberPath(parts, nowUs);
    if (parts.migration.isElsewhere) greetElsewhere(parts, nowUs);
    followFlight(parts);
    parts.streams.sending.giveRoom();
    settleDatagrams(parts, nowUs);
  }

  /** The TLS handshake is complete; a server gives its client a token for the next one. RFC 9001 §4.1.1, RFC 9000 §8.1.3 */
  private onComplete(nowUs: number): void {
    const { parts } = this;
    this.completeSeen = true;
    parts.statistics.handshakeUs = nowUs - parts.startedUs;
    parts.onHandshakeComplete();
    // Further IDs of a client find room in the datagram that ends its handshake, which is padded. With several paths they
    // wait, for then their frames name the path.
    const { activeConnectionIdLimit } = parts.handshake.peerParameters!;
    if (parts.multipath === undefined) parts.localIds.supply(activeConnectionIdLimit);
    armEarlyKeys(parts, nowUs);
    if (!this.isClient) giveToken(parts, undefined, nowUs);
  }

  /** The handshake is confirmed: both ends know that it is complete. RFC 9001 §4.1.2, §4.9.2 */
  private onConfirmed(nowUs: number): void {
    const { parts } = this;
    this.confirmedSeen = true;
    // Usually the Initial keys are gone by now: a client discards them with its first Handshake packet.
    this.discard(Level.Initial, nowUs);
    this.discard(Level.Handshake, nowUs);
    const { maxUdpPayloadSize, activeConnectionIdLimit } = parts.handshake.takePeerParameters();
    parts.paths.onConfirmed(maxUdpPayloadSize, parts.recovery.maxAckDelayUs);
    if (parts.multipath !== undefined) {
      parts.multipath.start(activeConnectionIdLimit);
      parts.localIds.supply(activeConnectionIdLimit);
    }
    parts.migration.followOffer(nowUs);
    parts.emit({ type: 'confirmed' });
  }

  private discard(level: Level, nowUs: number): void {
    const { parts } = this;
    const space = parts.spaces.at(spaceOf(level), parts.paths.active);
    if (space === undefined) return;
    parts.keys.discard(level);
    parts.tracer.onKeysDiscarded?.(this.id, typeOf(level), nowUs);
    parts.handshake.discard(level);
    parts.recovery.discardSpace(space, nowUs);
  }
}
