import { BASE_MTU } from '../packet/datagram-size.ts';

/** So many large datagrams lost in a row are not taken for chance. */
const MANY = 10;

/**
 * Notices that large datagrams are lost while small ones arrive, which means that the path's MTU has shrunk.
 * Acknowledged small datagrams do not reset the count of lost large ones. RFC 8899 §4.3
 */
export class BlackHole {
  private lost = 0;
  /** When the newest large packet that was acknowledged left. */
  private arrivedUs = -Infinity;

  onArrived(bytes: number, sentUs: number): void {
    if (bytes <= BASE_MTU || sentUs < this.arrivedUs) return;
    this.arrivedUs = sentUs;
    this.lost = 0;
  }

  /**
   * Count a lost datagram; returns whether so many are lost now that the path is a black hole for large ones.
   */
  onLost(bytes: number, sentUs: number): boolean {
    if (bytes <= BASE_MTU || sentUs <= this.arrivedUs) return false;
    this.lost++;
    if (this.lost < MANY) return false;
    this.lost = 0;
    return true;
  }
}
