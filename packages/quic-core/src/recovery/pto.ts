import type { HandshakeProgress } from '../handshake/progress.ts';
import { BASE_MTU } from '../packet/datagram-size.ts';
import type { Path } from '../path/path.ts';
import type { Paths } from '../path/paths.ts';
import type { PacketSpace } from '../spaces/packet-space.ts';
import { Space } from '../packet/levels.ts';
import type { PacketSpaces } from '../spaces/spaces.ts';
import { MIN_DATAGRAM } from './allowance.ts';

/** Probes per timeout. RFC 9002 §6.2.4 */
const PROBES = 2;
/** Upper bound of the probe timeout with its backoff. */
const MAX_PTO_US = 60_000_000;

/**
 * After so many probe timeouts in a row, the peer or the path was absent, and the silence is left out of
 * round-trip samples.
 */
const SILENT_PTOS = 3;
/**
 * A sample after such a silence still counts for up to so many probe timeouts, so that a path that has become
 * that long is recognised after some samples.
 */
const SILENT_RTT_PTOS = 2;

/** The probe timeout over all spaces. RFC 9002 §6.2 */
export class ProbeTimeout {
  /** Timeouts since a packet was acknowledged. */
  count = 0;
  /** Timeouts over the life of the connection. */
  total = 0;
  private readonly paths: Paths;
  private readonly spaces: PacketSpaces;
  private readonly progress: HandshakeProgress;
  /** When the timer was set last while no packet was in flight. */
  private idleFromUs = -Infinity;
  /** When the last packet of the peer came. */
  heardUs: number = -Infinity;
  /** When the last long silence of the peer ended, and how long it took. */
  private silenceEndUs = -Infinity;
  private silenceUs = 0;
  /** The space that the timer will probe; undefined when no packet is in flight. */
  private chosen: PacketSpace | undefined = undefined;
  /** Whether the timer is set to send a client's first flight again, which is no probe. */
  private awaitsRepetition = false;
  /** Whether a client's first flight was sent again after the initial round-trip time. */
  private repeated = false;
  /** Whether no packet has come since then: the repeated flight does not delay the probe timeout. */
  private repeating = false;
  /** Whether the peer has acknowledged a Handshake packet. */
  private handshakeAcked = false;

  constructor(paths: Paths, spaces: PacketSpaces, progress: HandshakeProgress) {
    this.paths = paths;
    this.spaces = spaces;
    this.progress = progress;
  }

  /** The path in use: its round-trip time determines the timeout. */
  private get path(): Path {
    return this.paths.active;
  }

  get isClient(): boolean {
    return this.progress.isClient;
  }

  isConfirmed(): boolean {
    return this.progress.confirmed;
  }

  onElicitingSent({ sending }: PacketSpace, nowUs: number): void {
    if (!this.repeating) sending.lastElicitingUs = nowUs;
    sending.onElicitingSent();
    this.idleFromUs = nowUs;
  }

  onAcked(space: PacketSpace, nowUs: number): void {
    this.idleFromUs = nowUs;
    this.repeating = false;
    if (space.kind === Space.Handshake) this.handshakeAcked = true;
    // A client does not reset the backoff before it knows that the server has validated its address: a server
    // at its anti-amplification limit would otherwise be sent probe after probe. RFC 9002 §6.2.1
    if (this.peerValidated) this.count = 0;
  }

  /** The packets in flight in a space are given up. */
  onSpaceDiscarded({ sending }: PacketSpace, nowUs: number): void {
    sending.probes = 0;
    this.count = 0;
    this.repeating = false;
    this.idleFromUs = nowUs;
  }

  /** When to send a probe, or Infinity. RFC 9002 §A.8 */
  timeoutUs(maxAckDelayUs: number, nowUs: number): number {
    this.chosen = undefined;
    const { path } = this;
    // At the anti-amplification limit no probe can leave until a datagram comes. RFC 9002 §6.2.2.1
    if (path.amplification.room < MIN_DATAGRAM) return Infinity;
    const firstFlight = this.mayRepeat ? this.spaces.ofConnection(Space.Initial)?.sending : undefined;
    this.awaitsRepetition = firstFlight !== undefined && firstFlight.sent.elicitingCount > 0;
    if (this.awaitsRepetition) return firstFlight!.lastElicitingUs + path.rtt.smoothedUs;
    const backoff = 2 ** Math.min(this.count, 20);
    const earliestUs = this.choose(maxAckDelayUs, backoff);
    if (this.chosen !== undefined) return earliestUs;
    // A client must send a probe while its server may be at the anti-amplification limit (RFC 9002 §6.2.2.1).
    // Lost handshake data must be probed for as well, even if the window is full of data that the peer cannot
    // decrypt yet.
    if (this.peerValidated && !this.isWaiting()) return Infinity;
    if (this.idleFromUs === -Infinity) this.idleFromUs = nowUs;
    return this.idleFromUs + Math.min(path.rtt.ptoUs * backoff, MAX_PTO_US);
  }

  /** Choose the space whose timeout ends first; returns when that is. */
  private choose(maxAckDelayUs: number, backoff: number): number {
    const { ptoUs } = this.path.rtt;
    const { live } = this.spaces;
    let earliestUs = Infinity;
    for (let i = 0; i < live.length; i++) {
      const space = live[i]!;
      const isLast = space.kind === Space.Application;
      if (!this.mayProbe(space) || (isLast && !this.progress.confirmed)) continue;
      const durationUs = ptoUs + (isLast ? maxAckDelayUs : 0);
      const dueUs = space.sending.lastElicitingUs + Math.min(durationUs * backoff, MAX_PTO_US);
      if (dueUs >= earliestUs) continue;
      earliestUs = dueUs;
      this.chosen = space;
    }
    return earliestUs;
  }

  /** A packet of the peer came, whatever its frames are. */
  onHeard(nowUs: number): void {
    if (this.count >= SILENT_PTOS && nowUs > this.heardUs && this.heardUs !== -Infinity) {
      this.silenceUs = nowUs - this.heardUs;
      this.silenceEndUs = nowUs;
    }
    this.heardUs = nowUs;
  }

  /**
   * The round-trip time of a packet sent at `sentUs` and acknowledged now. When the peer or the path was
   * silent for long in between, because the peer was suspended for example, the silence is subtracted, down
   * to a few probe timeouts.
   */
  plausibleRttUs(sentUs: number, nowUs: number): number {
    const tookUs = nowUs - sentUs;
    if (sentUs >= this.silenceEndUs) return tookUs;
    const leastUs = SILENT_RTT_PTOS * this.path.rtt.ptoUs;
    return Math.min(tookUs, Math.max(tookUs - this.silenceUs, leastUs));
  }

  /** Whether packets of any space wait for an acknowledgement. */
  private isWaiting(): boolean {
    const { live } = this.spaces;
    for (let i = 0; i < live.length; i++) if (this.mayProbe(live[i]!)) return true;
    return false;
  }

  /**
   * Whether packets of a space wait for an acknowledgement, and a probe may leave: one with an Initial packet
   * takes 1200 bytes. RFC 9000 §14.1
   */
  private mayProbe({ kind, sending }: PacketSpace): boolean {
    if (sending.sent.elicitingCount === 0) return false;
    return kind !== Space.Initial || this.path.amplification.room >= BASE_MTU;
  }

  /**
   * Whether a client that gets no answer within the initial round-trip time sends its first flight again. A
   * lost first flight then costs one round trip instead of the three of the first probe timeout.
   */
  private get mayRepeat(): boolean {
    const { progress } = this;
    return progress.isClient && !this.repeated && !progress.hasHandshakeKeys && !this.path.rtt.hasSample;
  }

  /**
   * Whether the peer has shown that it validated our address, by acknowledging a Handshake packet or by
   * completing the handshake. RFC 9002 §6.2.2.1
   */
  private get peerValidated(): boolean {
    return this.handshakeAcked || this.progress.peerValidated;
  }

  /**
   * The timer fired: send probes. `repeat` lets the frames of the oldest packets in flight be sent again, and
   * returns whether there were any.
   */
  onTimeout(nowUs: number, repeat: (space: PacketSpace) => boolean): void {
    if (this.awaitsRepetition) return this.repeatFirstFlight(repeat);
    const { chosen, progress, spaces } = this;
    this.repeating = false;
    this.count++;
    this.total++;
    this.idleFromUs = nowUs;
    this.path.onProbeTimeout(this.count);
    // A server that has completed the handshake has discarded its Handshake keys and decrypts only 1-RTT
    // packets; it must learn from one where its client is now. RFC 9001 §4.1.2
    if (this.isClient && progress.complete && !progress.confirmed) this.path.space.sending.probes = 1;
    if (chosen === undefined) return this.probeHandshake();
    // If the anti-amplification limit delays these probes, the next timeout counts from now.
    chosen.sending.lastElicitingUs = nowUs;
    chosen.sending.probes = PROBES;
    repeat(chosen);
    // While several spaces have packets in flight, one datagram can carry a probe for each. RFC 9002 §6.2.4
    if (progress.confirmed) return;
    for (let i = spaces.live.indexOf(chosen) + 1; i < spaces.live.length; i++)
      if (repeat(spaces.live[i]!)) spaces.live[i]!.sending.probes = 1;
  }

  private repeatFirstFlight(repeat: (space: PacketSpace) => boolean): void {
    this.repeated = this.repeating = true;
    const space = this.spaces.ofConnection(Space.Initial);
    if (space !== undefined) repeat(space);
  }

  /**
   * No packet is in flight, but the server may be at the anti-amplification limit until a datagram comes.
   * RFC 9002 §6.2.2.1
   */
  private probeHandshake(): void {
    const kind = this.progress.hasHandshakeKeys ? Space.Handshake : Space.Initial;
    const space = this.spaces.ofConnection(kind);
    if (space !== undefined) space.sending.probes = 1;
  }
}
