import type { RandomBits } from '../packet/random-bits.ts';

/** How the spin bit of sent 1-RTT packets is set. RFC 9000 §17.4 */
export type SpinPolicy = 'on' | 'off' | 'random';

/** The spin bit in the first byte of a short header. RFC 9000 §17.3.1 */
export const SPIN_BIT = 0x20;
/** One of 2^4 paths does not spin although it may, so that connections that never spin do not stand out. */
const SILENT_SHARE_BITS = 4;

/**
 * The latency spin bit of one path: the server reflects the bit that it receives and the client inverts it,
 * so that an observer sees one edge in each round trip. RFC 9000 §17.4
 */
export class SpinBit {
  private readonly isClient: boolean;
  private readonly bits: RandomBits;
  private readonly policy: SpinPolicy;
  private value = 0;
  /** The largest packet number that was received on this path. */
  private largest = -1;
  private destination: object | undefined;

  constructor(policy: SpinPolicy, isClient: boolean, bits: RandomBits) {
    this.isClient = isClient;
    this.bits = bits;
    this.policy = policy === 'on' && bits.areClear(SILENT_SHARE_BITS) ? 'random' : policy;
  }

  /** A 1-RTT packet came on this path. Only the packet with the largest number sets the bit. */
  onReceived(firstByte: number, number: number): void {
    if (number <= this.largest) return;
    this.largest = number;
    this.value = this.isClient ? ~firstByte & SPIN_BIT : firstByte & SPIN_BIT;
  }

  /**
   * The bit for the next packet.
   *
   * @param destination - identifies the connection ID that the packet goes to: when it changes, the bit is
   * reset to 0.
   */
  next(destination: object): number {
    if (this.policy === 'off') return 0;
    if (this.policy === 'random') return this.bits.next() === 0 ? 0 : SPIN_BIT;
    if (destination !== this.destination) {
      this.destination = destination;
      this.value = 0;
    }
    return this.value;
  }
}
