import { BASE_MTU } from '../path/mtu.ts';
import type { Paths } from '../path/paths.ts';
import { Space, SPACES } from '../spaces/spaces.ts';
import { MIN_DATAGRAM } from './allowance.ts';
import type { SentPackets } from './sent-packets.ts';

/** Probes for one timeout. RFC 9002 §6.2.4 */
const PROBES = 2;
/** What `chosen` says when no probe is due, but a client's first flight is to be repeated. */
const FIRST_FLIGHT = 3;
/** Timeouts do not grow beyond this. */
const MAX_PTO_US = 60_000_000;

/** Probe timeouts in a row after which what ends the silence is no measure of the round trip, */
const SILENT_PTOS = 3;
/** but for this many probe timeouts: a path that has become that long is known to be so after some samples. */
const SILENT_RTT_PTOS = 2;

/** What the probe timeout must know of the handshake. */
export interface HandshakeProgress {
  readonly isClient: boolean;
  /** Both Finished messages are there: 1-RTT packets can be sent and read. */
  readonly complete: boolean;
  readonly confirmed: boolean;
  readonly hasHandshakeKeys: boolean;
  /** The server is known to have validated our address: a client need not keep it able to send. RFC 9002 §6.2.2.1 */
  readonly peerValidated: boolean;
}

/** The probe timeout over all spaces. RFC 9002 §6.2 */
export class ProbeTimeout {
  /** Timeouts since something was acknowledged. */
  count = 0;
  /** Timeouts over the life of the connection. */
  total = 0;
  /** Probes to send by space. */
  readonly probes: number[] = [0, 0, 0];
  private readonly lastSentUs: number[] = [0, 0, 0];
  private readonly paths: Paths;
  private readonly progress: HandshakeProgress;
  /** When the timer was last set with nothing in flight. */
  private idleFromUs = -Infinity;
  private heardUs = -Infinity;
  /** The last long silence of the peer: when it ended, and how long it was. */
  private silenceEndUs = -Infinity;
  private silenceUs = 0;
  private chosen = -1;
  /** A client's first flight left a second time, after one round trip as far as is known. */
  private repeated = false;
  /** Nothing has come since: the repetition does not put off the timeout that follows. */
  private repeating = false;
  /** The peer can read our Handshake packets. */
  private handshakeAcked = false;

  constructor(paths: Paths, progress: HandshakeProgress) {
    this.paths = paths;
    this.progress = progress;
  }

  get isClient(): boolean {
    return this.progress.isClient;
  }

  isConfirmed(): boolean {
    return this.progress.confirmed;
  }

  onElicitingSent(space: Space, nowUs: number): void {
    if (!this.repeating) this.lastSentUs[space] = nowUs;
    this.idleFromUs = nowUs;
    if (this.probes[space]! > 0) this.probes[space]!--;
  }

  onAcked(space: Space, nowUs: number): void {
    this.idleFromUs = nowUs;
    this.repeating = false;
    if (space === Space.Handshake) this.handshakeAcked = true;
    // A server that can send little must not be slowed down by its own acknowledgements. RFC 9002 §6.2.1
    if (this.peerValidated) this.count = 0;
  }

  onSpaceDiscarded(space: Space, nowUs: number): void {
    this.probes[space] = 0;
    this.count = 0;
    this.repeating = false;
    this.idleFromUs = nowUs;
  }

  /** When to probe, or Infinity. RFC 9002 §A.8 */
  timeoutUs(sent: readonly SentPackets[], maxAckDelayUs: number, nowUs: number): number {
    this.chosen = -1;
    const path = this.paths.active;
    // What cannot be sent must not be waited for: only what comes in changes that. RFC 9002 §6.2.2.1
    if (path.amplification.room < MIN_DATAGRAM) return Infinity;
    if (this.mayRepeat && sent[Space.Initial]!.elicitingCount > 0) {
      this.chosen = FIRST_FLIGHT;
      return this.lastSentUs[Space.Initial]! + path.rtt.smoothedUs;
    }
    const backoff = 2 ** Math.min(this.count, 20);
    const earliestUs = this.choose(sent, maxAckDelayUs, backoff);
    if (this.chosen >= 0) return earliestUs;
    // A server that may be unable to send must be asked, RFC 9002 §6.2.2.1; and lost handshake data must not wait
    // for a window that is full of data which nobody can read yet.
    if (this.peerValidated && !this.isWaiting(sent)) return Infinity;
    if (this.idleFromUs === -Infinity) this.idleFromUs = nowUs;
    return this.idleFromUs + Math.min(path.rtt.ptoUs * backoff, MAX_PTO_US);
  }

  /** Chooses the space whose timeout ends first; returns when that is. */
  private choose(sent: readonly SentPackets[], maxAckDelayUs: number, backoff: number): number {
    const { ptoUs } = this.paths.active.rtt;
    let earliestUs = Infinity;
    for (const space of SPACES) {
      if (sent[space]!.elicitingCount === 0 || !this.hasRoom(space)) continue;
      if (space === Space.Application && !this.progress.confirmed) continue;
      const durationUs = ptoUs + (space === Space.Application ? maxAckDelayUs : 0);
      const dueUs = this.lastSentUs[space]! + Math.min(durationUs * backoff, MAX_PTO_US);
      if (dueUs >= earliestUs) continue;
      earliestUs = dueUs;
      this.chosen = space;
    }
    return earliestUs;
  }

  /** A packet of the peer came, whatever is in it. */
  onHeard(nowUs: number): void {
    if (this.count >= SILENT_PTOS && nowUs > this.heardUs && this.heardUs !== -Infinity) {
      this.silenceUs = nowUs - this.heardUs;
      this.silenceEndUs = nowUs;
    }
    this.heardUs = nowUs;
  }

  /**
   * The round trip that the answer to a packet sent at `sentUs` shows. Where a long silence lies between, the peer or the
   * path was away, its program suspended say: that time does not count, and the rest counts no further than it must.
   */
  plausibleRttUs(sentUs: number, nowUs: number): number {
    const tookUs = nowUs - sentUs;
    if (sentUs >= this.silenceEndUs) return tookUs;
    const leastUs = SILENT_RTT_PTOS * this.paths.active.rtt.ptoUs;
    return Math.min(tookUs, Math.max(tookUs - this.silenceUs, leastUs));
  }

  private isWaiting(sent: readonly SentPackets[]): boolean {
    for (const space of SPACES) if (sent[space]!.elicitingCount > 0 && this.hasRoom(space)) return true;
    return false;
  }

  /** An Initial that must be acknowledged has 1200 bytes. RFC 9000 §14.1 */
  private hasRoom(space: Space): boolean {
    return space !== Space.Initial || this.paths.active.amplification.room >= BASE_MTU;
  }

  /**
   * A client whose server is silent when the initial RTT is over says everything once more: a lost first flight then
   * costs one round trip, not the three that the first timeout takes.
   */
  private get mayRepeat(): boolean {
    const { progress } = this;
    return (
      progress.isClient && !this.repeated && !progress.hasHandshakeKeys && !this.paths.active.rtt.hasSample
    );
  }

  /** An answer under Handshake keys, or the end of the handshake, shows that our address is believed. RFC 9002 §6.2.2.1 */
  private get peerValidated(): boolean {
    return this.handshakeAcked || this.progress.peerValidated;
  }

  /** So many packets of this space may leave whatever the window says. */
  demand(space: Space, packets: number): void {
    this.probes[space] = Math.max(this.probes[space]!, packets);
  }

  /**
   * Time is up: demand probes. `repeat` makes what the oldest packets in flight carried ready to be sent again, and
   * tells whether there were any.
   */
  onTimeout(nowUs: number, repeat: (space: Space) => boolean): void {
    if (this.chosen === FIRST_FLIGHT) {
      this.repeated = this.repeating = true;
      repeat(Space.Initial);
      return;
    }
    this.repeating = false;
    this.count++;
    this.total++;
    this.idleFromUs = nowUs;
    this.paths.active.onProbeTimeout(this.count);
    // A server that has confirmed can read nothing else, and must hear where its client is now. RFC 9001 §4.1.2
    if (this.isClient && this.progress.complete && !this.progress.confirmed)
      this.probes[Space.Application] = 1;
    if (this.chosen < 0) {
      this.probes[this.progress.hasHandshakeKeys ? Space.Handshake : Space.Initial] = 1;
      return;
    }
    // What cannot leave at once, for want of room to an unvalidated address, is not due again before a timeout more.
    this.lastSentUs[this.chosen] = nowUs;
    this.probes[this.chosen] = PROBES;
    repeat(this.chosen as Space);
    // While several spaces have packets in flight, one datagram can probe them all. RFC 9002 §6.2.4
    if (this.progress.confirmed) return;
    for (let later = this.chosen + 1; later <= Space.Application; later++)
      if (repeat(later as Space)) this.probes[later] = 1;
  }
}
