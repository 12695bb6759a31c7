import { DeliveryLog } from './delivery-log.ts';

/** What became of a packet number. */
export const Sent = {
  /** Never sent: skipped on purpose. */
  Skipped: 0,
  Outstanding: 1,
  Acked: 2,
  /** Declared lost; kept for a while, for it may be acknowledged after all. */
  Lost: 3,
} as const;
export type Sent = (typeof Sent)[keyof typeof Sent];

export const SentFlag = { AckEliciting: 1, InFlight: 2, AppLimited: 4, MtuProbe: 8 } as const;
/** The flags' upper bits are the ECN codepoint of the packet. */
export const ECN_SHIFT = 4;

/** Packets of a space that are remembered without regard to who acknowledges what. */
const CROWDED_PACKETS = 4096;

const FIRST_CAPACITY = 16;

/**
 * The packets sent in one packet number space: a ring of columns indexed by packet number. RFC 9002 §A.1
 *
 * Columns are plain typed arrays: read them at `slot(packetNumber)`.
 */
export class SentPackets {
  readonly log: DeliveryLog = new DeliveryLog();
  private readonly firstNumber: number;
  /** The next packet number. */
  next: number;
  /** Numbers below are forgotten. */
  tail: number;
  /** Lowest number that may still be outstanding. */
  firstOutstanding: number;
  /** Outstanding packets that elicit an acknowledgement. */
  elicitingCount = 0;

  state: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  flags: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  path: Uint16Array = new Uint16Array(FIRST_CAPACITY);
  bytes: Uint16Array = new Uint16Array(FIRST_CAPACITY);
  sentUs: Float64Array = new Float64Array(FIRST_CAPACITY);
  factsFrom: Float64Array = new Float64Array(FIRST_CAPACITY);
  factsTo: Float64Array = new Float64Array(FIRST_CAPACITY);
  /** Delivery state of the path when the packet left, for rate samples. */
  deliveredBytes: Float64Array = new Float64Array(FIRST_CAPACITY);
  deliveredUs: Float64Array = new Float64Array(FIRST_CAPACITY);
  firstSentUs: Float64Array = new Float64Array(FIRST_CAPACITY);
  lostBytes: Float64Array = new Float64Array(FIRST_CAPACITY);
  /** Of an acknowledged packet: lowest number of the acknowledged run it ends, so that ACKs step over it. */
  runStart: Float64Array = new Float64Array(FIRST_CAPACITY);
  private mask = FIRST_CAPACITY - 1;

  constructor(firstNumber: number) {
    this.firstNumber = this.next = this.tail = this.firstOutstanding = firstNumber;
  }

  /** No packet of this space has left yet. */
  get isUntouched(): boolean {
    return this.next === this.firstNumber;
  }

  slot(packetNumber: number): number {
    return packetNumber % (this.mask + 1);
  }

  /** Take the next number for a packet; returns its slot, whose columns the caller fills. */
  push(): number {
    if (this.next - this.tail > this.mask) this.grow();
    return this.slot(this.next++);
  }

  /** Leave one number out: whoever acknowledges it has not seen our packets. RFC 9000 §21.4 */
  skip(): void {
    const slot = this.push();
    this.state[slot] = Sent.Skipped;
    this.flags[slot] = 0;
    this.factsFrom[slot] = this.factsTo[slot] = this.log.head;
    this.sentUs[slot] = this.next - 1 > this.tail ? this.sentUs[this.slot(this.next - 2)]! : 0;
  }

  /**
   * Move the tail past everything that is settled. What was sent before `forgetBeforeUs` and is lost, or was
   * never to be acknowledged, counts as settled: a peer that keeps its ACKs back makes us store nothing.
   */
  trim(forgetBeforeUs: number): void {
    while (this.tail < this.next) {
      const slot = this.slot(this.tail);
      const state = this.state[slot]!;
      const old = this.sentUs[slot]! < forgetBeforeUs;
      if (state === Sent.Outstanding && !(old && (this.flags[slot]! & SentFlag.InFlight) === 0)) break;
      if (state === Sent.Lost && !old) break;
      // Numbers skipped last stay known until something after them is resolved.
      if (state === Sent.Skipped && this.tail === this.next - 1) break;
      this.tail++;
    }
    this.forgetBelow(this.tail);
  }

  /** Forget every packet below `number`; the caller has settled them. */
  forgetBelow(number: number): void {
    this.tail = number;
    if (this.firstOutstanding < number) this.firstOutstanding = number;
    this.log.release(number < this.next ? this.factsFrom[this.slot(number)]! : this.log.head);
  }

  /**
   * Most of a large ring is taken by packets that need no acknowledgement, or that have one: the peer withholds
   * that of an old one, for honest peers would have had it declared lost.
   */
  get isCrowded(): boolean {
    return (
      this.next - this.tail > this.mask &&
      this.next - this.tail >= CROWDED_PACKETS &&
      this.elicitingCount * 4 < this.next - this.tail
    );
  }

  private grow(): void {
    const size = this.mask + 1;
    const wider = size * 2;
    const move = <T extends Uint8Array | Uint16Array | Float64Array>(from: T, to: T): T => {
      for (let i = this.tail; i < this.next; i++) to[i % wider] = from[i % size]!;
      return to;
    };
    this.state = move(this.state, new Uint8Array(wider));
    this.flags = move(this.flags, new Uint8Array(wider));
    this.path = move(this.path, new Uint16Array(wider));
    this.bytes = move(this.bytes, new Uint16Array(wider));
    this.sentUs = move(this.sentUs, new Float64Array(wider));
    this.factsFrom = move(this.factsFrom, new Float64Array(wider));
    this.factsTo = move(this.factsTo, new Float64Array(wider));
    this.deliveredBytes = move(this.deliveredBytes, new Float64Array(wider));
    this.deliveredUs = move(this.deliveredUs, new Float64Array(wider));
    this.firstSentUs = move(this.firstSentUs, new Float64Array(wider));
    this.lostBytes = move(this.lostBytes, new Float64Array(wider));
    this.runStart = move(this.runStart, new Float64Array(wider));
    this.mask = wider - 1;
  }
}
