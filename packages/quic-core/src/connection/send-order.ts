import { Level } from '@tsquic/tls13';
import type { Datagrams } from '../datagrams/datagrams.ts';
import type { ConnectionFlow } from '../flow/connection-flow.ts';
import { FrameType } from '../frame/rules.ts';
import type { Handshake } from '../handshake/handshake.ts';
import type { Keys } from '../keys/keys.ts';
import type { Multipath } from '../multipath/multipath.ts';
import type { PathParts } from '../multipath/numbered-path.ts';
import { type BeforeSealing, changeFrames } from '../packet/sealing.ts';
import type { HeaderFields, PacketWriter } from '../packet/writer.ts';
import { BASE_MTU } from '../packet/datagram-size.ts';
import type { Path } from '../path/path.ts';
import { Allowance, MIN_DATAGRAM } from '../recovery/allowance.ts';
import { Fact } from '../facts/fact-kind.ts';
import type { AckFrequency } from '../recovery/ack-frequency.ts';
import type { PacketSpace } from '../spaces/packet-space.ts';
import type { PacketSpaces } from '../spaces/spaces.ts';
import type { Streams } from '../streams/streams.ts';
import type { NewToken } from '../tokens/new-token.ts';
import { tracePackets } from '../trace/packets.ts';
import type { Tracer } from '../trace/tracer.ts';
import { foreignAckDueUs, spaceToWrite } from './ack-due.ts';
import type { CloseState } from './close-state.ts';
import { copyToOthers, hasBoundFrames, writeData, writeDataOf, writeOwn } from './data-frames.ts';
import type { Idle } from './idle.ts';
import { Space, spaceOf, WRITTEN_LEVELS } from '../packet/levels.ts';
import { describe, type OutgoingDatagram } from './outgoing-datagram.ts';
import { Timer, type Timers } from './timers.ts';
import type { Workbench } from './workbench.ts';

/** The parts that have frames to send, and the parts that decide whether a packet may leave. */
export interface SendParts extends PathParts {
  readonly isClient: boolean;
  readonly keys: Keys;
  readonly spaces: PacketSpaces;
  readonly handshake: Handshake;
  readonly flow: ConnectionFlow;
  readonly streams: Streams;
  readonly closeState: CloseState;
  readonly idle: Idle;
  readonly fields: HeaderFields;
  readonly timers: Timers;
  readonly newToken: NewToken;
  readonly datagrams: Datagrams;
  readonly ackFrequency: AckFrequency | undefined;
  /** Undefined unless both ends offer multipath. */
  readonly multipath: Multipath | undefined;
  readonly id: number;
  readonly logId: string;
  readonly workbench: Workbench;
  readonly tracer: Tracer;
  /** Changes packets before they are sealed, in programs that test a peer; undefined in all others. */
  readonly beforeSealing: BeforeSealing | undefined;
}

/** With fewer bytes left, an ACK frame might leave no room for the CONNECTION_CLOSE after it. */
const CLOSING_ROOM = 600;

/**
 * Fills datagrams. What goes into a 1-RTT packet, and in which order, is `fill`: read it top to bottom to know
 * which frame wins when room is short.
 */
export class SendOrder {
  private readonly p: SendParts;
  private readonly allowance = new Allowance();
  private readonly factsFrom: number[] = [0, 0, 0, 0];
  /** The parts of the path that the datagram in hand takes. */
  private way: PathParts;
  /** Whether that path carries what may leave on any path, and not only what belongs to it. */
  private carries = true;
  /** Facts of the packet in hand before this index are of copies, or of other packets. */
  private copiedTo = 0;

  constructor(parts: SendParts) {
    this.p = this.way = parts;
  }

  /**
   * Fill `out` with one datagram; returns its length, or 0 when nothing may or need be sent. Where only the
   * pacer holds the datagram back, the timer `Send` is set to when the pacer lets it go.
   */
  write(out: OutgoingDatagram, nowUs: number): number {
    const { multipath, timers } = this.p;
    timers.set(Timer.Send, Infinity);
    if (multipath?.isRunning !== true) return this.writeOn(this.p, out, nowUs);
    const { open } = multipath;
    const carrying = multipath.order.arrange(nowUs);
    for (let i = 0; i < open.length; i++) {
      this.carries = i < carrying;
      const length = this.writeOn(open[i]!.parts!, out, nowUs);
      if (length > 0) return length;
    }
    return 0;
  }

  /** The same for one path ID. */
  private writeOn(way: PathParts, out: OutgoingDatagram, nowUs: number): number {
    const { p, allowance } = this;
    const { paths } = way;
    const { buffer } = out;
    const { writer } = p.workbench;
    this.way = way;
    for (let probed = paths.withFrames(); probed !== undefined; probed = paths.withFrames(probed)) {
      const length = this.writePathProbe(out, probed, nowUs);
      if (length > 0) return length;
      probed.validation.onBlocked(nowUs);
    }
    const path = paths.active;
    allowance.update(path, buffer.length, path.space.sending.sent.isFull, nowUs);
    if (allowance.datagramBytes < MIN_DATAGRAM) {
      path.validation.onBlocked(nowUs);
      return 0;
    }
    const mtuProbe = this.writeMtuProbe(out, path, nowUs);
    if (mtuProbe > 0) return mtuProbe;
    writer.reset(buffer, allowance.datagramBytes);
    for (let i = 0; i < WRITTEN_LEVELS.length; i++) {
      const space = spaceToWrite(p, WRITTEN_LEVELS[i]!, path);
      if (space !== undefined) this.writePacket(writer, WRITTEN_LEVELS[i]!, space, path, nowUs);
    }
    if (writer.count === 0) {
      const openUs = allowance.openUs < Infinity && this.isWaiting(path) ? allowance.openUs : Infinity;
      p.timers.set(Timer.Send, Math.min(openUs, p.timers.at(Timer.Send)));
      path.pacer.awaits(openUs);
      return 0;
    }
    if (this.mustPad(writer) || path.validation.padded) writer.padTo(BASE_MTU);
    const length = this.finish(out, path, false, nowUs);
    if (path.mtu.isWaiting && path.mtu.isFull(length) && this.hasData(path)) path.mtu.start();
    return length;
  }

  /**
   * Write one more datagram of the train in `out`: on the same path, with the same ECN codepoint, and no
   * longer than those before. Returns its length, or 0 where the next datagram cannot join a train and leaves
   * by `write`: path and MTU probes, packets of the handshake, and packets without data.
   */
  writeMore(out: OutgoingDatagram, nowUs: number): number {
    const { p, allowance } = this;
    const path = this.way.paths.active;
    if (!this.carries || !this.continues(out, path)) return 0;
    const { sent } = path.space.sending;
    allowance.update(path, out.segmentSize, sent.isFull, nowUs);
    if (!allowance.mayElicit || allowance.datagramBytes < out.segmentSize) return 0;
    const { writer } = p.workbench;
    writer.reset(out.buffer, allowance.datagramBytes, out.length);
    this.writePacket(writer, Level.Application, path.space, path, nowUs);
    return writer.count === 0 ? 0 : this.finish(out, path, false, nowUs);
  }

  /** Whether a datagram of `path` may follow those in `out`, and there is data for it. */
  private continues(out: OutgoingDatagram, path: Path): boolean {
    const { p } = this;
    const { length, segmentSize, buffer } = out;
    // Only a full datagram may be followed by another, because a shorter one ends a train.
    if (!path.mtu.isFull(segmentSize) || length % segmentSize !== 0 || length + segmentSize > buffer.length)
      return false;
    if (out.to !== path.remote || out.from !== path.local || out.interfaceIndex !== path.interfaceIndex)
      return false;
    if (out.ecn !== path.ecn.codepoint || !p.handshake.confirmed || p.beforeSealing !== undefined)
      return false;
    if (path.validation.hasFrames || this.way.paths.withFrames() !== undefined) return false;
    const { probeBytes } = path.mtu;
    if (probeBytes > 0 && path.windowRoom >= probeBytes) return false;
    return this.hasData(path);
  }

  /** Whether there is data that fills datagrams. */
  private hasData(path: Path): boolean {
    const { p } = this;
    return p.streams.hasFrames || p.datagrams.hasFrames || hasBoundFrames(p, path, true);
  }

  /** Fill a datagram with CONNECTION_CLOSE at every level that the peer may be able to read. RFC 9000 §10.2.3 */
  writeClose(out: OutgoingDatagram, path: Path, nowUs: number): number {
    const { p } = this;
    const { buffer } = out;
    const { writer } = p.workbench;
    if (p.multipath !== undefined) this.way = p.multipath.partsOf(path.space.pathId);
    const limit = this.closeRoom(path, buffer.length);
    if (limit === 0) return 0;
    writer.reset(buffer, limit);
    for (let i = 0; i < WRITTEN_LEVELS.length; i++) {
      const level = WRITTEN_LEVELS[i]!;
      const space = spaceToWrite(p, level, path);
      if (space === undefined || !p.closeState.speaksAt(level)) continue;
      // Without the packet of this level, the peer cannot derive the keys of the later levels.
      if (!this.begin(writer, level, space, path)) break;
      // Acknowledge before closing, so that the peer knows that its last data arrived.
      if (level !== Level.EarlyData && space.receiving.policy.hasNews && writer.frames.room >= CLOSING_ROOM)
        this.writeAck(writer, space, nowUs);
      p.closeState.write(writer, level);
      if (writer.isEmpty) break;
      writer.close();
    }
    if (writer.count === 0) return 0;
    if (this.mustPad(writer)) writer.padTo(BASE_MTU);
    return this.finish(out, path, false, nowUs);
  }

  /** Bytes that a datagram with CONNECTION_CLOSE may have, or 0. */
  private closeRoom({ mtu, amplification }: Path, bufferBytes: number): number {
    const { isClient, keys, closeState } = this.p;
    const room = Math.min(mtu.mtuBytes, bufferBytes, amplification.room, closeState.room);
    // An Initial packet of a client waits for room in full size. RFC 9000 §14.1
    const least = isClient && keys.canWrite(Level.Initial) ? BASE_MTU : MIN_DATAGRAM;
    return room < least ? 0 : room;
  }

  private writePacket(
    writer: PacketWriter,
    level: Level,
    space: PacketSpace,
    path: Path,
    nowUs: number,
  ): void {
    const { policy } = space.receiving;
    // The congestion window holds back no probe. RFC 9002 §7.5
    const probing = space.sending.probes > 0;
    const mayElicit = this.mayElicit(level, probing);
    const isWanted = mayElicit && (probing || this.hasFrames(level, path));
    // A client that sends 0-RTT has nothing to acknowledge, and no frame to do so with. RFC 9000 §12.5
    const mayAck = level !== Level.EarlyData;
    const foreignUs = this.carries ? foreignAckDueUs(this.p, level) : Infinity;
    if (!isWanted && (!mayAck || Math.min(policy.dueUs, foreignUs) > nowUs)) return this.onIdle(level, path);
    if (!this.begin(writer, level, space, path)) return;
    if (mayAck && (policy.hasNews || policy.dueUs <= nowUs)) this.writeAck(writer, space, nowUs);
    if (foreignUs < Infinity) this.p.multipath!.announcements.writeAcks(writer, nowUs);
    if (mayElicit) this.writeEliciting(writer, level, space, path, nowUs);
    if (!writer.isEmpty) writer.close();
  }

  private writeEliciting(
    writer: PacketWriter,
    level: Level,
    space: PacketSpace,
    path: Path,
    nowUs: number,
  ): void {
    const probing = space.sending.probes > 0;
    // A probe without new data repeats old data, and without either is a PING. RFC 9002 §6.2.4
    if (probing && this.carries && !this.hasFrames(level, path)) this.way.recovery.repeatOldest(space);
    // Stream data takes all the room that there is: what has the probe answered at once goes before it.
    if (probing && level === Level.Application) this.p.ackFrequency?.writeImmediate(writer);
    this.fill(writer, level, path, nowUs);
    if (probing || space.sending.wantsPing) writePing(writer);
    // The peer's limits, not the network's, may leave nothing to send. RFC 9002 §7.8
    if (!writer.current.ackEliciting) this.onIdle(level, path);
  }

  /** Frames that must be acknowledged may leave at this level. */
  private mayElicit(level: Level, probing: boolean): boolean {
    // Too little may be sent for a padded Initial: a server's ack-eliciting one must wait. RFC 9000 §14.1
    if (level === Level.Initial && this.allowance.datagramBytes < BASE_MTU) return false;
    return probing || this.allowance.mayElicit;
  }

  /**
   * Nothing is left to send although the congestion window has room: the delivery rate is limited by the
   * application.
   */
  private onIdle(level: Level, path: Path): void {
    if (spaceOf(level) === Space.Application && this.allowance.mayElicit)
      path.delivery.markAppLimited(path.inFlightBytes);
  }

  private writeAck(writer: PacketWriter, { receiving, kind, pathId }: PacketSpace, nowUs: number): void {
    const isNumbered = kind === Space.Application && this.p.multipath?.isRunning === true;
    const largest = receiving.writeAck(writer.frames, nowUs, isNumbered ? pathId : -1);
    if (largest >= 0) writer.addQuietFact(Fact.AckUpTo, largest, pathId);
  }

  /** The send policy. One call site for each part keeps every call monomorphic. */
  private fill(writer: PacketWriter, level: Level, path: Path, nowUs: number): void {
    const { p } = this;
    if (!this.carries) return writeOwn(p, path, writer, nowUs);
    p.handshake.writeCrypto(level, writer);
    if (spaceOf(level) !== Space.Application) return;
    if (level === Level.Application) {
      p.handshake.writeDone(writer);
      p.newToken.write(writer);
      path.validation.write(writer, nowUs);
      p.localIds.write(writer);
      p.peerIds.write(writer);
      p.multipath?.announcements.write(writer);
    }
    p.flow.write(writer, nowUs, path.rtt.smoothedUs);
    p.streams.writeControl(writer, nowUs, path.rtt.smoothedUs);
    // The peer follows one request for all paths, so that one path decides.
    if (level === Level.Application && path.space.pathId === 0) p.ackFrequency?.write(writer, path, nowUs);
    if (level !== Level.Application || p.multipath === undefined) writeData(p, writer, nowUs);
    else this.copiedTo = writeDataOf(p, path, writer, nowUs);
    if (p.idle.pingPending) writePing(writer);
  }

  private hasFramesOfPaths(path: Path): boolean {
    return this.p.multipath!.announcements.hasFrames || hasBoundFrames(this.p, path, true);
  }

  /** Whether frames wait that only congestion control holds back. */
  private isWaiting(path: Path): boolean {
    for (let i = 0; i < WRITTEN_LEVELS.length; i++)
      if (this.p.keys.canWrite(WRITTEN_LEVELS[i]!) && this.hasFrames(WRITTEN_LEVELS[i]!, path)) return true;
    return false;
  }

  private hasFrames(level: Level, path: Path): boolean {
    const { p } = this;
    if (!this.carries) return path.validation.hasFrames || hasBoundFrames(p, path, false);
    if (p.handshake.hasFrames(level)) return true;
    if (spaceOf(level) !== Space.Application) return false;
    if (p.flow.hasFrames || p.streams.hasFrames || p.datagrams.hasFrames || p.idle.pingPending) return true;
    if (level !== Level.Application) return false;
    if (p.multipath !== undefined && this.hasFramesOfPaths(path)) return true;
    return p.newToken.hasFrames || p.localIds.hasFrames || p.peerIds.hasFrames || path.validation.hasFrames;
  }

  /**
   * Write a datagram for a path that is not in use: it carries only the frames that validate the path.
   * RFC 9000 §8.2
   */
  private writePathProbe(out: OutgoingDatagram, path: Path, nowUs: number): number {
    const { keys, workbench } = this.p;
    const { buffer } = out;
    const { writer } = workbench;
    if (!keys.canWrite(Level.Application)) return 0;
    const limit = Math.min(BASE_MTU, buffer.length, path.amplification.room);
    if (limit < MIN_DATAGRAM) return 0;
    writer.reset(buffer, limit);
    if (!this.begin(writer, Level.Application, path.space, path)) return 0;
    path.validation.write(writer, nowUs);
    if (writer.isEmpty) return 0;
    writer.close();
    writer.padTo(BASE_MTU);
    this.way.paths.linger(path, nowUs);
    return this.finish(out, path, false, nowUs);
  }

  /** Write a PING padded to the size that is probed. RFC 9000 §14.4 */
  private writeMtuProbe(out: OutgoingDatagram, path: Path, nowUs: number): number {
    const { mtu } = path;
    const { buffer } = out;
    const { writer } = this.p.workbench;
    if (mtu.isWaiting && this.isProbeOfUse(mtu.mtuBytes)) mtu.start();
    mtu.fit(buffer.length);
    if (mtu.isRaiseDue(buffer.length, nowUs) && this.hasFrames(Level.Application, path))
      mtu.raise(buffer.length);
    const size = mtu.probeBytes;
    if (size === 0 || !this.allowance.mayElicit || path.windowRoom < size) return 0;
    if (!path.amplification.validated) return 0;
    writer.reset(buffer, size);
    if (!this.begin(writer, Level.Application, path.space, path)) return 0;
    writer.frames.u8(FrameType.Ping);
    writer.addFact(Fact.MtuProbe, size, path.id);
    writer.close();
    writer.padTo(size);
    mtu.onProbeSent();
    return this.finish(out, path, true, nowUs);
  }

  /** Whether larger datagrams would be of use: there is more than one holds, or they limit what the program sends. */
  private isProbeOfUse(mtuBytes: number): boolean {
    const { streams, datagrams } = this.p;
    // Programs choose the sizes of their datagrams by what fits, so that they have to know it from the beginning.
    return streams.sending.memory.heldBytes > mtuBytes || datagrams.maxBytes >= 0;
  }

  /** Begin a packet of a path; false where there is no room for it, or no connection ID to send it to. */
  private begin(writer: PacketWriter, level: Level, { sending }: PacketSpace, path: Path): boolean {
    const { p } = this;
    if (path.destination === undefined) return false;
    p.fields.destinationId = path.destination.connectionId;
    p.fields.pathId = path.space.pathId;
    const number = sending.nextNumber(path);
    const { log } = sending.sent;
    this.factsFrom[writer.count] = this.copiedTo = log.head;
    const { oneRtt } = p.keys;
    if (level !== Level.Application)
      return writer.begin(level, number, sending.largestAcked, p.fields, 0, log);
    const bits = oneRtt.phaseBit | path.spin.next(path.destination);
    const { largestAcked } = sending;
    const known = p.fields.pathId === 0 ? oneRtt.knownLargest(largestAcked) : largestAcked;
    return writer.begin(level, number, known, p.fields, bits, log, oneRtt.write!.aead.headerLength);
  }

  private finish(out: OutgoingDatagram, path: Path, mtuProbe: boolean, nowUs: number): number {
    const { p } = this;
    const { writer } = p.workbench;
    if (p.beforeSealing !== undefined)
      changeFrames(writer, Math.min(path.mtu.mtuBytes, writer.frames.buffer.length), p.id, p.beforeSealing);
    for (let i = 0; i < writer.count; i++) {
      const packet = writer.packets[i]!;
      const end = i + 1 < writer.count ? writer.packets[i + 1]!.headerAt : writer.end;
      const bytes = end - packet.headerAt;
      const space = p.spaces.at(spaceOf(packet.level), path);
      if (space !== undefined)
        this.way.recovery.onSent(space, packet, bytes, this.factsFrom[i]!, path, mtuProbe, nowUs);
      if (packet.ackEliciting) p.idle.onElicitingSent(nowUs);
    }
    copyToOthers(p, path, this.copiedTo);
    describe(out, path, p.id, p.logId);
    path.ecn.onSent(writer.count, out.ecn);
    if (p.tracer.onPacketSent !== undefined) tracePackets(p.tracer, p.id, writer, path.space.pathId, nowUs);
    const length = writer.seal(p.keys);
    if (writer.start === 0) out.segmentSize = length;
    out.length = writer.start + length;
    path.amplification.onSent(length);
    path.validation.onSent(length);
    return length;
  }

  /**
   * Whether the datagram must be padded: every one of a client with an Initial packet, and of a server with
   * an ack-eliciting Initial packet. RFC 9000 §14.1
   */
  private mustPad(writer: PacketWriter): boolean {
    for (let i = 0; i < writer.count; i++) {
      const packet = writer.packets[i]!;
      if (packet.level === Level.Initial && (this.p.isClient || packet.ackEliciting)) return true;
    }
    return false;
  }
}

/** A PING, unless the packet must be acknowledged anyway. */
function writePing(writer: PacketWriter): void {
  if (writer.current.ackEliciting || writer.frames.room === 0) return;
  writer.frames.u8(FrameType.Ping);
  writer.markEliciting();
}
