import { Level } from '@tsquic/tls13';
import { FrameType } from '../frame/rules.ts';
import type { Handshake } from '../handshake/handshake.ts';
import type { Destinations } from '../ids/destinations.ts';
import type { LocalIds } from '../ids/local-ids.ts';
import type { PeerIds } from '../ids/peer-ids.ts';
import type { Keys } from '../keys/keys.ts';
import { type BeforeSealing, changeFrames } from '../packet/sealing.ts';
import type { HeaderFields, PacketWriter } from '../packet/writer.ts';
import { BASE_MTU } from '../path/mtu.ts';
import type { Path } from '../path/path.ts';
import type { Paths } from '../path/paths.ts';
import { Allowance, MIN_DATAGRAM } from '../recovery/allowance.ts';
import { Fact } from '../recovery/fact-kind.ts';
import type { Recovery } from '../recovery/recovery.ts';
import { Space, type Spaces } from '../spaces/spaces.ts';
import type { StreamWriter } from '../streams/stream-writer.ts';
import { tracePackets } from '../trace/packets.ts';
import type { Tracer } from '../trace/tracer.ts';
import type { CloseState } from './close-state.ts';
import type { Idle } from './idle.ts';
import { spaceOf } from './receiver.ts';

/** Those who have something to send, and those who decide whether it may leave. */
export interface SendParts {
  readonly isClient: boolean;
  readonly keys: Keys;
  readonly spaces: Spaces;
  readonly recovery: Recovery;
  readonly paths: Paths;
  readonly handshake: Handshake;
  readonly streams: StreamWriter;
  readonly localIds: LocalIds;
  readonly peerIds: PeerIds;
  readonly destinations: Destinations;
  readonly closeState: CloseState;
  readonly idle: Idle;
  readonly fields: HeaderFields;
  readonly id: number;
  readonly tracer: Tracer;
  /** Undefined in programs that send what they mean. */
  readonly beforeSealing: BeforeSealing | undefined;
}

/** In less, an acknowledgement might leave a CONNECTION_CLOSE no room. */
const CLOSING_ROOM = 600;
const LEVELS: readonly Level[] = [Level.Initial, Level.Handshake, Level.Application];
/**
 * Fills datagrams. What goes into a 1-RTT packet, and in which order, is `fill`: read it top to bottom to know
 * which frame wins when room is short.
 */
export class SendOrder {
  /** When the pacer lets the next datagram go, if that alone holds it back. */
  openUs: number = Infinity;
  /** Where the last datagram goes. */
  path: Path;
  /** ECN codepoint of the last datagram. RFC 9000 §13.4 */
  ecnCodepoint = 0;
  private readonly p: SendParts;
  private readonly allowance = new Allowance();
  private readonly factsFrom: number[] = [0, 0, 0, 0];

  constructor(parts: SendParts) {
    this.p = parts;
    this.path = parts.paths.active;
  }

  /** Fill one datagram into the writer's buffer; returns its length, or 0 when nothing may or need be sent. */
  write(writer: PacketWriter, buffer: Uint8Array, nowUs: number): number {
    const { p, allowance } = this;
    this.openUs = Infinity;
    const probed = p.paths.withFrames();
    if (probed !== undefined) {
      const length = this.writePathProbe(writer, buffer, probed, nowUs);
      if (length > 0) return length;
      probed.validation.onBlocked(challengeTimeoutUs(probed), nowUs);
    }
    const path = p.paths.active;
    const { isFull } = p.recovery.sent[Space.Application]!;
    allowance.update(path, buffer.length, isFull, nowUs);
    if (allowance.datagramBytes < MIN_DATAGRAM) {
      path.validation.onBlocked(challengeTimeoutUs(path), nowUs);
      return 0;
    }
    const mtuProbe = this.writeMtuProbe(writer, buffer, path, nowUs);
    if (mtuProbe > 0) return mtuProbe;
    writer.reset(buffer, allowance.datagramBytes);
    for (let i = 0; i < LEVELS.length; i++) this.writePacket(writer, LEVELS[i]!, path, nowUs);
    if (writer.count === 0) {
      if (this.isWaiting(path)) this.openUs = allowance.openUs;
      path.pacer.awaits(this.openUs);
      return 0;
    }
    if (this.mustPad(writer) || path.validation.padded) writer.padTo(BASE_MTU);
    path.validation.padded = false;
    return this.finish(writer, path, false, nowUs);
  }

  /** Fill a datagram with CONNECTION_CLOSE at every level that the peer may be able to read. RFC 9000 §10.2.3 */
  writeClose(writer: PacketWriter, buffer: Uint8Array, path: Path, nowUs: number): number {
    const { p } = this;
    const limit = Math.min(path.mtu.mtuBytes, buffer.length, path.amplification.room);
    if (limit < MIN_DATAGRAM) return 0;
    writer.reset(buffer, limit);
    for (let i = 0; i < LEVELS.length; i++) {
      const level = LEVELS[i]!;
      if (!p.keys.canWrite(level) || !p.closeState.speaksAt(level)) continue;
      // A peer that lacks what did not fit cannot read what comes after it.
      if (!this.begin(writer, level)) break;
      // Who closes once all is there leaves nobody in doubt about the last of it.
      const space = spaceOf(level);
      if (p.spaces.at(space).policy.hasNews && writer.frames.room >= CLOSING_ROOM)
        this.writeAck(writer, space, nowUs);
      p.closeState.write(writer, level);
      if (writer.isEmpty) break;
      writer.close();
    }
    if (writer.count === 0) return 0;
    if (this.mustPad(writer)) writer.padTo(BASE_MTU);
    return this.finish(writer, path, false, nowUs);
  }

  /** When an acknowledgement that can be sent at all must leave, or Infinity. */
  ackDueUs(): number {
    const { keys, spaces, paths } = this.p;
    let dueUs = Infinity;
    // Where nothing may be sent, only what comes in changes that. RFC 9000 §8.1
    if (paths.active.amplification.room < MIN_DATAGRAM) return dueUs;
    for (let i = 0; i < LEVELS.length; i++)
      if (keys.canWrite(LEVELS[i]!)) dueUs = Math.min(dueUs, spaces.at(spaceOf(LEVELS[i]!)).policy.dueUs);
    return dueUs;
  }

  private writePacket(writer: PacketWriter, level: Level, path: Path, nowUs: number): void {
    const { p } = this;
    if (!p.keys.canWrite(level)) return;
    const space = spaceOf(level);
    const { policy } = p.spaces.at(space);
    const probing = p.recovery.pto.probes[space]! > 0;
    const mayElicit = this.mayElicit(level, probing);
    const isWanted = mayElicit && (probing || this.hasFrames(level, path));
    if (!isWanted && policy.dueUs > nowUs) return this.onIdle(level, path);
    if (!this.begin(writer, level)) return;
    if (policy.hasNews || policy.dueUs <= nowUs) this.writeAck(writer, space, nowUs);
    if (mayElicit) this.writeEliciting(writer, level, path, probing, nowUs);
    if (!writer.isEmpty) writer.close();
  }

  private writeEliciting(
    writer: PacketWriter,
    level: Level,
    path: Path,
    probing: boolean,
    nowUs: number,
  ): void {
    const { recovery } = this.p;
    // Every probe carries something useful: two of the same are harder to lose than one.
    if (probing && !this.hasFrames(level, path)) recovery.repeatOldest(spaceOf(level));
    this.fill(writer, level, path, nowUs);
    if (probing || recovery.wantsPing) writePing(writer);
    // The peer's limits, not the network's, may leave nothing to send. RFC 9002 §7.8
    if (!writer.current.ackEliciting) this.onIdle(level, path);
  }

  /** Frames that must be acknowledged may leave at this level. */
  private mayElicit(level: Level, probing: boolean): boolean {
    // Too little may be sent for a padded Initial: a server's ack-eliciting one must wait. RFC 9000 §14.1
    if (level === Level.Initial && this.allowance.datagramBytes < BASE_MTU) return false;
    return probing || this.allowance.mayElicit;
  }

  /** Nothing to send, though the window would let it go. */
  private onIdle(level: Level, path: Path): void {
    if (level === Level.Application && this.allowance.mayElicit) this.p.recovery.markAppLimited(path);
  }

  private writeAck(writer: PacketWriter, space: Space, nowUs: number): void {
    const largest = this.p.spaces.at(space).writeAck(writer.frames, nowUs);
    if (largest >= 0) writer.addQuietFact(Fact.AckUpTo, largest);
  }

  /** The send policy. One call site for each part keeps every call monomorphic. */
  private fill(writer: PacketWriter, level: Level, path: Path, nowUs: number): void {
    const { p } = this;
    p.handshake.writeCrypto(level, writer);
    if (level !== Level.Application) return;
    p.handshake.writeDone(writer);
    if (path.validation.hasFrames) {
      path.validation.write(writer, challengeTimeoutUs(path), nowUs);
      path.validation.padded = true;
    }
    p.localIds.write(writer);
    p.peerIds.write(writer);
    p.streams.writeControl(writer, nowUs, path.rtt.smoothedUs);
    p.streams.writeData(writer);
    if (p.idle.pingPending) writePing(writer);
  }

  /** Something would leave if congestion control let it. */
  private isWaiting(path: Path): boolean {
    for (let i = 0; i < LEVELS.length; i++)
      if (this.p.keys.canWrite(LEVELS[i]!) && this.hasFrames(LEVELS[i]!, path)) return true;
    return false;
  }

  private hasFrames(level: Level, path: Path): boolean {
    const { p } = this;
    if (p.handshake.hasFrames(level)) return true;
    if (level !== Level.Application) return false;
    return (
      p.streams.hasFrames ||
      p.localIds.hasFrames ||
      p.peerIds.hasFrames ||
      path.validation.hasFrames ||
      p.idle.pingPending
    );
  }

  /** A datagram for a path that is not in use: nothing but what validates it. RFC 9000 §8.2 */
  private writePathProbe(writer: PacketWriter, buffer: Uint8Array, path: Path, nowUs: number): number {
    const { keys, destinations, fields } = this.p;
    const destination = destinations.idOf(path);
    if (!keys.canWrite(Level.Application) || destination === undefined) return 0;
    const limit = Math.min(BASE_MTU, buffer.length, path.amplification.room);
    if (limit < MIN_DATAGRAM) return 0;
    writer.reset(buffer, limit);
    const inUse = fields.destinationId;
    fields.destinationId = destination;
    const isBegun = this.begin(writer, Level.Application);
    fields.destinationId = inUse;
    if (!isBegun) return 0;
    path.validation.write(writer, challengeTimeoutUs(path), nowUs);
    if (writer.isEmpty) return 0;
    writer.close();
    writer.padTo(BASE_MTU);
    return this.finish(writer, path, false, nowUs);
  }

  /** A PING padded to the size in question. RFC 9000 §14.4 */
  private writeMtuProbe(writer: PacketWriter, buffer: Uint8Array, path: Path, nowUs: number): number {
    const { mtu } = path;
    mtu.fit(buffer.length);
    if (mtu.isRaiseDue(buffer.length, nowUs) && this.hasFrames(Level.Application, path))
      mtu.raise(buffer.length);
    const size = mtu.probeBytes;
    if (size === 0 || !this.allowance.mayElicit || path.windowRoom < size) return 0;
    if (!path.amplification.validated) return 0;
    writer.reset(buffer, size);
    if (!this.begin(writer, Level.Application)) return 0;
    writer.frames.u8(FrameType.Ping);
    writer.addFact(Fact.MtuProbe, size, path.id);
    writer.close();
    writer.padTo(size);
    mtu.onProbeSent();
    return this.finish(writer, path, true, nowUs);
  }

  private begin(writer: PacketWriter, level: Level): boolean {
    const { p } = this;
    const space = spaceOf(level);
    const number = p.recovery.nextNumber(space);
    const { log } = p.recovery.sent[space]!;
    this.factsFrom[writer.count] = log.head;
    const bits = level === Level.Application ? p.keys.oneRtt.phaseBit : 0;
    return writer.begin(level, number, p.recovery.largestAcked(space), p.fields, bits, log);
  }

  private finish(writer: PacketWriter, path: Path, mtuProbe: boolean, nowUs: number): number {
    const { p } = this;
    if (p.beforeSealing !== undefined)
      changeFrames(writer, Math.min(path.mtu.mtuBytes, writer.frames.buffer.length), p.id, p.beforeSealing);
    for (let i = 0; i < writer.count; i++) {
      const packet = writer.packets[i]!;
      const end = i + 1 < writer.count ? writer.packets[i + 1]!.headerAt : writer.length;
      p.recovery.onSent(
        spaceOf(packet.level),
        packet,
        end - packet.headerAt,
        this.factsFrom[i]!,
        path,
        mtuProbe,
        nowUs,
      );
      if (packet.ackEliciting) p.idle.onElicitingSent(nowUs);
    }
    this.path = path;
    this.ecnCodepoint = path.ecn.codepoint;
    path.ecn.onSent(writer.count, this.ecnCodepoint);
    if (p.tracer.onPacketSent !== undefined) tracePackets(p.tracer, p.id, writer, nowUs);
    const length = writer.seal(p.keys);
    path.amplification.onSent(length);
    path.validation.onSent(length);
    return length;
  }

  /** Every datagram of a client with an Initial in it, and a server's with one that must be acknowledged. RFC 9000 §14.1 */
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

/** A challenge is repeated like a packet that times out, and given up after seven such periods. RFC 9000 §8.2.4, §9.4 */
function challengeTimeoutUs(path: Path): number {
  return Math.max(path.rtt.ptoUs, 999_000);
}
