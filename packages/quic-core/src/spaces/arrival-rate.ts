/**
 * Decides how many packets share an acknowledgement, from how many arrive in a round trip.
 *
 * The sender needs a few acknowledgements per round trip, and not one for every second packet, which a way
 * back of low rate could hardly carry. While the rate of arrival grows, the sender may be in slow start, in
 * which it counts round trips by acknowledgements: it gets more of them then. RFC 9000 §13.2.2
 */
export class ArrivalRate {
  packetsPerAck: number = LEAST_PACKETS;
  private total = 0;
  /** When the current round began; Infinity before the first packet. */
  private startUs = Infinity;
  private count = 0;
  /** Packets that would share an acknowledgement at the rate of the last round. */
  private spaced = 0;
  /** The highest rates, in packets per microsecond, of this and the last `STRETCH_ROUNDS` rounds. */
  private highestRate = 0;
  private formerRate = 0;
  private rounds = 0;

  /** An ack-eliciting packet came. `minRttUs` is Infinity when it is not known. */
  onReceived(minRttUs: number, nowUs: number): void {
    this.total++;
    if (this.startUs === Infinity) this.startUs = nowUs;
    const elapsedUs = nowUs - this.startUs;
    if (elapsedUs >= Math.min(Math.max(minRttUs, SHORTEST_ROUND_US), LONGEST_ROUND_US))
      this.endRound(minRttUs, elapsedUs);
    this.count++;
    this.packetsPerAck = Math.min(Math.max(this.spaced, leastPackets(minRttUs)), MOST_PACKETS);
  }

  private endRound(minRttUs: number, elapsedUs: number): void {
    const rate = this.count / elapsedUs;
    const isSteady =
      this.total >= YOUNG_PACKETS && rate <= GROWTH * Math.max(this.highestRate, this.formerRate);
    this.spaced = this.total < YOUNG_PACKETS ? 0 : Math.round(rate * spacingUs(minRttUs, isSteady));
    if (++this.rounds % STRETCH_ROUNDS === 0) {
      this.formerRate = this.highestRate;
      this.highestRate = 0;
    }
    if (rate > this.highestRate) this.highestRate = rate;
    this.startUs += elapsedUs;
    this.count = 0;
  }
}

/** The time between two acknowledgements. */
function spacingUs(minRttUs: number, isSteady: boolean): number {
  if (minRttUs === Infinity) return 0;
  const roundUs = Math.min(minRttUs, LONGEST_ROUND_US);
  const frequentUs = roundUs / FREQUENT_ACKS;
  return isSteady ? Math.min(Math.max(frequentUs, SPACING_US), roundUs / SELDOM_ACKS) : frequentUs;
}

/** Packets that may share an acknowledgement at any rate: more than two on paths with long round trips. */
export function leastPackets(minRttUs: number): number {
  if (minRttUs <= LONGEST_ROUND_US || minRttUs === Infinity) return LEAST_PACKETS;
  return Math.floor(LEAST_PACKETS * Math.min(minRttUs / LONGEST_ROUND_US, MOST_TIMES));
}

/** RFC 9000 §13.2.2 */
const LEAST_PACKETS = 2;
/** At most so many packets share an acknowledgement, because the sender's bursts grow with the number. */
const MOST_PACKETS = 32;
/** Until so many packets have come, the sender is taken to be in slow start. */
const YOUNG_PACKETS = 100;
/** If the rate grows by more than this from round to round, the sender is taken to be in slow start. */
const GROWTH = 1.2;
/** A rate is compared with the highest of so many rounds, because packets arrive in bursts. */
const STRETCH_ROUNDS = 8;
/**
 * The time between acknowledgements at a steady rate: 330 of them a second take, with headers, about 200
 * kbit/s.
 */
const SPACING_US = 3000;
/** Acknowledgements per round trip for a sender in slow start: RFC 9406 §4.3 needs eight samples. */
const FREQUENT_ACKS = 16;
/** The fewest acknowledgements per round trip. */
const SELDOM_ACKS = 4;
/** A round takes at least so long, because a shorter one holds too few packets to count. */
const SHORTEST_ROUND_US = 5000;
/** A round takes at most so long: a longer round trip is no reason to acknowledge less often. */
const LONGEST_ROUND_US = 100_000;
/**
 * On long round trips, the packets that share an acknowledgement are at most this many times the usual
 * number.
 */
const MOST_TIMES = 6;
