import type { Random } from './random.ts';

/** Which datagrams a link changes, and where. */
export interface Corruption {
  /** Probability that one byte of a datagram is changed. */
  readonly rate: number;
  /** After so many in a row, the next one passes unchanged. Default Infinity. */
  readonly longestRun?: number;
  /** Only one of the first bytes is changed, so many. Default: any byte. */
  readonly firstBytes?: number;
  /** Version Negotiation packets pass unchanged: nothing protects them. RFC 9000 §17.2.1. Default false. */
  readonly sparesNegotiation?: boolean;
}

/** Changes bytes of datagrams, one after the other. */
export class CorruptionModel {
  private readonly options: Corruption;
  private readonly random: Random;
  private run = 0;

  constructor(corruption: number | Corruption, random: Random) {
    this.options = typeof corruption === 'number' ? { rate: corruption } : corruption;
    this.random = random;
  }

  /** Whether the next datagram is to be changed. */
  corrupts(bytes: Uint8Array): boolean {
    const { rate, longestRun = Infinity, sparesNegotiation = false } = this.options;
    const isDrawn = this.random.chance(rate) && this.run < longestRun;
    const corrupted = isDrawn && !(sparesNegotiation && isNegotiation(bytes));
    this.run = corrupted ? this.run + 1 : 0;
    return corrupted;
  }

  /** A copy with one byte that differs. */
  apply(bytes: Uint8Array): Uint8Array {
    const changed = bytes.slice();
    const at = this.random.integer(Math.min(bytes.length, this.options.firstBytes ?? Infinity));
    changed[at] = changed[at]! ^ (1 + this.random.integer(255));
    return changed;
  }
}

/** Whether these bytes begin with a long header of version 0. RFC 9000 §17.2.1 */
function isNegotiation(bytes: Uint8Array): boolean {
  return bytes.length > 4 && bytes[0]! >= 0x80 && (bytes[1]! | bytes[2]! | bytes[3]! | bytes[4]!) === 0;
}
