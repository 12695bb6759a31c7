import { violation } from '../errors/transport-error.ts';
import { Fact } from '../facts/fact-kind.ts';
import { type AckFrequencyFrame, encodeAckFrequency } from '../frame/ack-frequency.ts';
import { FrameType } from '../frame/rules.ts';
import type { PacketWriter } from '../packet/writer.ts';
import type { Path } from '../path/path.ts';
import type { AckPolicy } from '../spaces/ack-policy.ts';

/** Delays from this on are no valid max_ack_delay, so that neither end may ask for them. RFC 9000 §18.2 */
const ENDLESS_DELAY_US = 2 ** 14 * 1000;
/** Once the sender has left slow start, it asks for so many acknowledgements per window. */
const ACKS_PER_WINDOW = 16;
/**
 * In slow start it asks for more, because the window grows with each acknowledgement and rounds are counted
 * by them. RFC 9406 §4.3
 */
const ACKS_IN_SLOW_START = 32;
/** At most so many packets share an acknowledgement, because the sender's bursts grow with the number. */
const MOST_PACKETS = 64;
/**
 * A window of fewer packets keeps the usual acknowledgements of RFC 9000 §13.2.2, because fewer would save
 * little.
 */
const LEAST_WINDOW_PACKETS = 32;
/** An acknowledgement may be delayed by the smoothed round-trip time divided by this. */
const DELAYS_PER_ROUND = 4;
/** A wanted value that differs by less than this factor is not worth a frame. */
const RELEVANT = 1.5;

/** How long the peer may delay an acknowledgement, as this end has asked. draft-ietf-quic-ack-frequency §7 */
export type AskedDelay = Pick<AckFrequency, 'maxAckDelayUs'>;

/**
 * Requests for how often acknowledgements are sent, both ways: ACK_FREQUENCY and IMMEDIATE_ACK.
 * draft-ietf-quic-ack-frequency
 */
export class AckFrequency {
  /** Number of ACK_FREQUENCY frames that left. */
  sent = 0;
  private readonly minAckDelayUs: number;
  /** The peer's min_ack_delay; -1 when it does not accept these frames. */
  private peerMinUs = -1;
  /** The peer's max_ack_delay from its transport parameters. */
  private peerMaxUs = 0;
  /** The values that the peer was asked for last. */
  private threshold = 1;
  private delayUs = 25_000;
  /** Whether the newest frame was lost, so that its request is repeated. */
  private wasLost = false;
  /**
   * The longest delay among requests that may or may not have reached the peer; 0 when no request is under
   * way.
   */
  private unsettledUs = 0;
  /** When to compare the requested values with those that the path calls for. */
  private nextLookUs = -Infinity;
  /** The largest sequence number of the peer's frames that was acted on. */
  private followed = -1;

  /** @param minAckDelayUs - our min_ack_delay. */
  constructor(minAckDelayUs: number) {
    this.minAckDelayUs = minAckDelayUs;
  }

  /** The peer's transport parameters came. */
  onPeer(minAckDelayUs: number, maxAckDelayUs: number): void {
    this.peerMinUs = minAckDelayUs;
    this.peerMaxUs = this.delayUs = maxAckDelayUs;
  }

  /**
   * The peer's ACK_FREQUENCY came. Throws PROTOCOL_VIOLATION for a delay that is not valid.
   * draft-ietf-quic-ack-frequency §4
   */
  onFrame(frame: AckFrequencyFrame, policy: AckPolicy): void {
    const { sequence, threshold, maxAckDelayUs, reordering } = frame;
    if (maxAckDelayUs >= ENDLESS_DELAY_US)
      violation(FrameType.AckFrequency, 'a max_ack_delay of 2^14 ms or more');
    if (maxAckDelayUs < this.minAckDelayUs)
      violation(FrameType.AckFrequency, 'a max_ack_delay below our min_ack_delay');
    if (sequence <= this.followed) return;
    this.followed = sequence;
    policy.follow(threshold, maxAckDelayUs, reordering);
  }

  /**
   * The longest delay of an acknowledgement: that of the newest request, or of an older one that the peer may
   * still follow. draft-ietf-quic-ack-frequency §7
   */
  get maxAckDelayUs(): number {
    return Math.max(this.delayUs, this.unsettledUs);
  }

  /**
   * Ask for the values that the path calls for now, if they differ from those that were asked for.
   * draft-ietf-quic-ack-frequency §8
   */
  write(packet: PacketWriter, path: Path, nowUs: number): void {
    if (this.peerMinUs < 0 || nowUs < this.nextLookUs || !path.rtt.hasSample) return;
    const { smoothedUs } = path.rtt;
    this.nextLookUs = nowUs + smoothedUs / 2;
    const threshold = wantedThreshold(path);
    const delayUs = this.wantedDelayUs(smoothedUs);
    // No first request is sent while it would save no acknowledgements, nor in slow start, in which the peer
    // knows best how often to acknowledge.
    if (this.sent === 0 && (threshold <= 1 || path.controller.inSlowStart)) return;
    if (!this.wasLost && !differs(threshold, this.threshold) && !differs(delayUs, this.delayUs)) return;
    const sequence = this.sent;
    const reordering = Math.floor(path.packetThreshold);
    if (!encodeAckFrequency(packet.frames, { sequence, threshold, maxAckDelayUs: delayUs, reordering }))
      return;
    packet.addFact(Fact.AckFrequency, sequence);
    this.sent++;
    this.wasLost = false;
    this.unsettledUs = Math.max(this.maxAckDelayUs, delayUs);
    this.threshold = threshold;
    this.delayUs = delayUs;
  }

  /** Ask the peer to acknowledge a probe immediately. draft-ietf-quic-ack-frequency §7 */
  writeImmediate(packet: PacketWriter): void {
    if (this.sent === 0 || packet.frames.room === 0) return;
    packet.frames.u8(FrameType.ImmediateAck);
    packet.markEliciting();
  }

  /** A request was acknowledged: the peer follows it, unless a newer one has reached it. */
  onAcked(sequence: number): void {
    if (sequence !== this.sent - 1) return;
    this.unsettledUs = 0;
    this.wasLost = false;
  }

  /**
   * A request is lost: if it is the newest, another is sent, with the values that the path calls for then.
   * draft-ietf-quic-ack-frequency §4
   */
  onLost(sequence: number): void {
    if (sequence !== this.sent - 1) return;
    this.wasLost = true;
    this.nextLookUs = -Infinity;
  }

  private wantedDelayUs(smoothedRttUs: number): number {
    const shareUs = Math.min(smoothedRttUs / DELAYS_PER_ROUND, this.peerMaxUs);
    return Math.max(Math.ceil(shareUs), this.peerMinUs);
  }
}

/** How many packets the peer may receive without sending an acknowledgement: one less than share it. */
function wantedThreshold({ controller, windowPackets }: Path): number {
  if (windowPackets < LEAST_WINDOW_PACKETS) return 1;
  const acks = controller.inSlowStart ? ACKS_IN_SLOW_START : ACKS_PER_WINDOW;
  return Math.max(Math.min(Math.floor(windowPackets / acks), MOST_PACKETS) - 1, 1);
}

function differs(wanted: number, asked: number): boolean {
  return wanted > asked * RELEVANT || asked > wanted * RELEVANT;
}
