import { EcnReports } from './ecn-reports.ts';
import { LossDetector } from './loss.ts';
import { NumberSkipper } from './number-skipper.ts';
import { SentPackets } from './sent-packets.ts';
import { Space } from '../packet/levels.ts';

/** After so many packets in a row that elicit no acknowledgement, a PING asks for one. RFC 9000 §13.2.4 */
const QUIET_PACKETS = 32;
/**
 * The first packet number is random below this, so that an off-path attacker cannot guess it. RFC 9000 §12.3
 */
const FIRST_NUMBERS = 2 ** 12;
/** From here on no packet begins: the last numbers that we count exactly are left for a CONNECTION_CLOSE that is under way. */
const END_OF_NUMBERS = Number.MAX_SAFE_INTEGER - 2 ** 10;

/**
 * The sending side of one space: the packets sent, what became of them, and packets that may exceed the
 * congestion window.
 */
export class SendSpace {
  readonly sent: SentPackets;
  readonly losses: LossDetector;
  readonly ecn: EcnReports = new EcnReports();
  /** When the last ack-eliciting packet left. RFC 9002 §A.3 */
  lastElicitingUs = 0;
  /**
   * Packets below this were sent in 0-RTT that the server rejected, so that it cannot have received them.
   * RFC 9001 §4.6.2
   */
  rejectedBelow = 0;
  /** Number of probes to send. RFC 9002 §6.2.4 */
  probes = 0;
  /** Undefined in the Initial and Handshake spaces, whose packets are too few to skip numbers. */
  private readonly skipper: NumberSkipper | undefined;
  private quietPackets = 0;

  constructor(kind: Space, random: (limit: number) => number, pathId = 0) {
    // Later paths begin with number 0. draft-ietf-quic-multipath §1
    this.sent = new SentPackets(pathId === 0 ? random(FIRST_NUMBERS) : 0);
    this.losses = new LossDetector(kind, this.sent);
    this.skipper = kind === Space.Application ? new NumberSkipper(random) : undefined;
  }

  /** The number of the next packet. @param path - tells the congestion window in packets. */
  nextNumber(path: { readonly windowPackets: number }): number {
    const { sent, skipper } = this;
    if (skipper !== undefined && skipper.isDue(sent.next)) {
      sent.skip();
      skipper.onSkipped(sent.next, path.windowPackets);
    }
    return sent.next;
  }

  /** The numbers are used up: nothing may leave any more, for each packet needs one of its own. RFC 9000 §12.3 */
  get isUsedUp(): boolean {
    return this.sent.next >= END_OF_NUMBERS;
  }

  /** The largest number acknowledged, -1 for none. */
  get largestAcked(): number {
    return this.losses.largestAcked;
  }

  /**
   * Whether a PING should accompany the next ACK frame: one now and then, because a PING with each would let
   * both ends acknowledge each other without end. RFC 9000 §13.2.1
   */
  get wantsPing(): boolean {
    return this.quietPackets >= QUIET_PACKETS;
  }

  /** So many packets of this space may leave in spite of the congestion window. */
  demand(packets: number): void {
    this.probes = Math.max(this.probes, packets);
  }

  /** A packet left that is not ack-eliciting. */
  onQuietSent(): void {
    this.quietPackets++;
  }

  /** An ack-eliciting packet left. */
  onElicitingSent(): void {
    this.quietPackets = 0;
    if (this.probes > 0) this.probes--;
  }
}
