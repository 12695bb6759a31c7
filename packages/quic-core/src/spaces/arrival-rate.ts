/**
 * How many packets may share an acknowledgement, by how many come in a round trip.
 *
 * An acknowledgement costs a thin way back as much whatever it reports, and a sender needs some words a round trip, not
 * one for every other packet. While the rate still grows the sender may be looking for it, and is told often: it counts
 * round trips by what it is told. RFC 9000 §13.2.2
 */
export class ArrivalRate {
  packetsPerAck: number = LEAST_PACKETS;
  private total = 0;
  /** When the present round began; Infinity before the first packet. */
  private startUs = Infinity;
  private count = 0;
  /** Packets that the spacing of the last round holds. */
  private spaced = 0;
  /** The highest rates, packets per microsecond, of the present and the previous stretch of rounds. */
  private highestRate = 0;
  private formerRate = 0;
  private rounds = 0;

  /** A packet that must be acknowledged came. `minRttUs` is Infinity when not known. */
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

/** The time that one acknowledgement may answer for. */
function spacingUs(minRttUs: number, isSteady: boolean): number {
  if (minRttUs === Infinity) return 0;
  const roundUs = Math.min(minRttUs, LONGEST_ROUND_US);
  const frequentUs = roundUs / FREQUENT_ACKS;
  return isSteady ? Math.min(Math.max(frequentUs, SPACING_US), roundUs / SELDOM_ACKS) : frequentUs;
}

/** Packets that may wait whatever their rate is: on paths with longer round trips more than one other. */
export function leastPackets(minRttUs: number): number {
  if (minRttUs <= LONGEST_ROUND_US || minRttUs === Infinity) return LEAST_PACKETS;
  return Math.floor(LEAST_PACKETS * Math.min(minRttUs / LONGEST_ROUND_US, MOST_TIMES));
}

/** RFC 9000 §13.2.2 */
const LEAST_PACKETS = 2;
/** More would let a sender's bursts grow. */
const MOST_PACKETS = 32;
/** Until so many came, a sender is looking for its rate for sure. */
const YOUNG_PACKETS = 100;
/** A rate that grows by more from round to round has not been found yet. */
const GROWTH = 1.2;
/** Packets come in bursts, so that a round is compared with several. */
const STRETCH_ROUNDS = 8;
/** 330 acknowledgements a second, with their headers, are some 200 kbit/s. */
const SPACING_US = 3000;
/** In a round trip of a sender that looks for its rate by them: RFC 9406 §4.3 wants eight samples. */
const FREQUENT_ACKS = 16;
/** In a round trip at least. */
const SELDOM_ACKS = 4;
/** Shorter ones hold too few packets to count. */
const SHORTEST_ROUND_US = 5000;
/** Longer ones are no reason to tell less. */
const LONGEST_ROUND_US = 100_000;
/** The packets that may wait from the start are not more than this times as many. */
const MOST_TIMES = 6;
