import { BASE_MTU } from './mtu.ts';

/** Large datagrams lost in a row that are no accident. */
const MANY = 10;

/**
 * Notices that large datagrams vanish while others arrive: what the path carries has become less. Their loss alone
 * counts, however many small ones are acknowledged meanwhile. RFC 8899 §4.3
 */
export class BlackHole {
  private lost = 0;
  /** When the newest large packet that arrived was sent. */
  private arrivedUs = -Infinity;

  onArrived(bytes: number, sentUs: number): void {
    if (bytes <= BASE_MTU || sentUs < this.arrivedUs) return;
    this.arrivedUs = sentUs;
    this.lost = 0;
  }

  /** Returns whether that makes too many. */
  onLost(bytes: number, sentUs: number): boolean {
    if (bytes <= BASE_MTU || sentUs <= this.arrivedUs) return false;
    this.lost++;
    if (this.lost < MANY) return false;
    this.lost = 0;
    return true;
  }
}
