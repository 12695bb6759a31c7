import { DeliveryLog } from '../facts/delivery-log.ts';

/** State of a packet number. */
export const Sent = {
  /** Never sent, but skipped on purpose. */
  Skipped: 0,
  Outstanding: 1,
  Acked: 2,
  /** Declared lost; kept for a while in case it is acknowledged late. */
  Lost: 3,
} as const;
export type Sent = (typeof Sent)[keyof typeof Sent];

export const SentFlag = { AckEliciting: 1, InFlight: 2, AppLimited: 4, MtuProbe: 8 } as const;
/** From this bit on, the flags hold the ECN codepoint of the packet. */
export const ECN_SHIFT = 4;

/** Most packets that may be outstanding at once, which is a window of 32 MiB in full datagrams. */
const MAX_OUTSTANDING = 32_768;

/** So many packets of a space are remembered whatever the peer acknowledges. */
const CROWDED_PACKETS = 4096;

/**
 * Each of three spaces needs few rows during a handshake, and clients without a validated address can begin
 * handshakes.
 */
const FIRST_CAPACITY = 4;

const NO_BYTES = new Uint8Array(0);
const NO_WORDS = new Uint16Array(0);
const NO_NUMBERS = new Float64Array(0);

/**
 * The packets sent in one packet number space: a ring of columns indexed by packet number. RFC 9002 §A.1
 *
 * Columns are typed arrays, to be read at `slot(packetNumber)`.
 */
export class SentPackets {
  readonly log: DeliveryLog = new DeliveryLog();
  private readonly firstNumber: number;
  /** The next packet number. */
  next: number;
  /** Numbers below this are forgotten. */
  tail: number;
  /** The lowest number that may still be outstanding. */
  firstOutstanding: number;
  /** Outstanding packets that are ack-eliciting. */
  elicitingCount = 0;

  state: Uint8Array = NO_BYTES;
  flags: Uint8Array = NO_BYTES;
  path: Uint16Array = NO_WORDS;
  bytes: Uint16Array = NO_WORDS;
  sentUs: Float64Array = NO_NUMBERS;
  factsFrom: Float64Array = NO_NUMBERS;
  factsTo: Float64Array = NO_NUMBERS;
  /** Delivery state of the path when the packet left, for rate samples. */
  deliveredBytes: Float64Array = NO_NUMBERS;
  deliveredUs: Float64Array = NO_NUMBERS;
  firstSentUs: Float64Array = NO_NUMBERS;
  lostBytes: Float64Array = NO_NUMBERS;
  /**
   * For an acknowledged packet, the lowest number of the acknowledged run that it ends, so that later ACK
   * frames step over the run.
   */
  runStart: Float64Array = NO_NUMBERS;
  private mask = -1;

  constructor(firstNumber: number) {
    this.firstNumber = this.next = this.tail = this.firstOutstanding = firstNumber;
  }

  /** Whether no packet of this space has left yet. */
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

  /**
   * Skip one number: a peer that acknowledges it acknowledges packets that it has not received. RFC 9000
   * §21.4
   */
  skip(): void {
    const slot = this.push();
    this.state[slot] = Sent.Skipped;
    this.flags[slot] = 0;
    this.factsFrom[slot] = this.factsTo[slot] = this.log.head;
    this.sentUs[slot] = this.next - 1 > this.tail ? this.sentUs[this.slot(this.next - 2)]! : 0;
  }

  /**
   * Forget the oldest packets, up to the first that is outstanding or was lost lately. Lost packets, and
   * those that never counted as in flight, are forgotten when they left before `forgetBeforeUs`, so that a
   * peer that withholds acknowledgements does not make this end keep them.
   */
  trim(forgetBeforeUs: number): void {
    while (this.tail < this.next) {
      const slot = this.slot(this.tail);
      const state = this.state[slot]!;
      const old = this.sentUs[slot]! < forgetBeforeUs;
      if (state === Sent.Outstanding && !(old && (this.flags[slot]! & SentFlag.InFlight) === 0)) break;
      if (state === Sent.Lost && !old) break;
      // A number skipped last stays known until a later packet leaves.
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
   * Whether no more packets may be outstanding. The congestion window counts bytes: a peer that acknowledges
   * nothing could make this end keep a great many small packets.
   */
  get isFull(): boolean {
    return this.elicitingCount >= MAX_OUTSTANDING;
  }

  /**
   * Whether most of a large ring holds packets that are acknowledged or need no acknowledgement: the peer
   * withholds that of an old packet, which would be lost otherwise.
   */
  get isCrowded(): boolean {
    return (
      this.next - this.tail > this.mask &&
      this.next - this.tail >= CROWDED_PACKETS &&
      this.elicitingCount * 4 < this.next - this.tail
    );
  }

  /** No packet is remembered: give the memory back. */
  release(): void {
    this.state = this.flags = NO_BYTES;
    this.path = this.bytes = NO_WORDS;
    this.sentUs = this.factsFrom = this.factsTo = this.runStart = NO_NUMBERS;
    this.deliveredBytes = this.deliveredUs = this.firstSentUs = this.lostBytes = NO_NUMBERS;
    this.mask = -1;
    this.log.clear();
  }

  private grow(): void {
    const capacity = Math.max((this.mask + 1) * 2, FIRST_CAPACITY);
    const memory = new ColumnMemory(capacity);
    this.sentUs = this.moved(this.sentUs, memory.numbers());
    this.factsFrom = this.moved(this.factsFrom, memory.numbers());
    this.factsTo = this.moved(this.factsTo, memory.numbers());
    this.deliveredBytes = this.moved(this.deliveredBytes, memory.numbers());
    this.deliveredUs = this.moved(this.deliveredUs, memory.numbers());
    this.firstSentUs = this.moved(this.firstSentUs, memory.numbers());
    this.lostBytes = this.moved(this.lostBytes, memory.numbers());
    this.runStart = this.moved(this.runStart, memory.numbers());
    this.path = this.moved(this.path, memory.words());
    this.bytes = this.moved(this.bytes, memory.words());
    this.state = this.moved(this.state, memory.octets());
    this.flags = this.moved(this.flags, memory.octets());
    this.mask = capacity - 1;
  }

  private moved<T extends Uint8Array | Uint16Array | Float64Array>(from: T, to: T): T {
    for (let i = this.tail; i < this.next; i++) to[i % to.length] = from[i % from.length]!;
    return to;
  }
}

/** The memory of all columns in one piece, because each small array costs several times its contents. */
class ColumnMemory {
  private readonly buffer: ArrayBuffer;
  private readonly capacity: number;
  private at = 0;

  constructor(capacity: number) {
    this.buffer = new ArrayBuffer(capacity * ROW_BYTES);
    this.capacity = capacity;
  }

  numbers(): Float64Array {
    return new Float64Array(this.buffer, this.take(8), this.capacity);
  }

  words(): Uint16Array {
    return new Uint16Array(this.buffer, this.take(2), this.capacity);
  }

  octets(): Uint8Array {
    return new Uint8Array(this.buffer, this.take(1), this.capacity);
  }

  private take(width: number): number {
    const at = this.at;
    this.at += width * this.capacity;
    return at;
  }
}

/** Eight numbers, two 16-bit words and two bytes. */
const ROW_BYTES = 8 * 8 + 2 * 2 + 2;
