import type { AckSample } from '@tsquic/congestion';
import { SentFlag, type SentPackets } from '../spaces/sent-packets.ts';

/** How much a path delivers, and how fast: what congestion control samples. draft-cheng-iccrg-delivery-rate-estimation */
export class DeliveryRate {
  /** Bytes acknowledged so far. */
  deliveredBytes = 0;
  /** Bytes declared lost so far, without those that were acknowledged later. */
  lostBytes = 0;
  /** When the last of the delivered bytes were acknowledged. */
  private deliveredUs = 0;
  /** When the packet left whose acknowledgement ended the last sample. */
  private firstSentUs = 0;
  /** Until so many bytes are delivered, samples are limited by the application; 0 when they are not. */
  private appLimitedUntil = 0;

  /**
   * Begin a new interval at `nowUs`: the time before it, with nothing in flight or no packets read, does not
   * show how fast the path delivers.
   */
  restart(nowUs: number): void {
    this.firstSentUs = this.deliveredUs = nowUs;
  }

  /**
   * The application has no more to send although the window has room: samples of the packets in flight show
   * its rate, and not that of the path.
   */
  markAppLimited(inFlightBytes: number): void {
    this.appLimitedUntil = this.deliveredBytes + inFlightBytes || 1;
  }

  get isAppLimited(): boolean {
    return this.appLimitedUntil > 0;
  }

  /** A packet leaves: store with it how many bytes have been delivered by now, and when. */
  stamp(sent: SentPackets, slot: number): void {
    sent.deliveredBytes[slot] = this.deliveredBytes;
    sent.deliveredUs[slot] = this.deliveredUs;
    sent.firstSentUs[slot] = this.firstSentUs;
    sent.lostBytes[slot] = this.lostBytes;
  }

  onDelivered(bytes: number, nowUs: number): void {
    this.deliveredBytes += bytes;
    this.deliveredUs = nowUs;
  }

  onLost(bytes: number): void {
    this.lostBytes += bytes;
  }

  /** A packet that counted as lost was acknowledged. */
  onLateArrival(bytes: number): void {
    this.lostBytes -= bytes;
    this.deliveredBytes += bytes;
  }

  /**
   * Fill in the sample that the newest packet acknowledged by an ACK frame gives. Its interval of sending
   * begins where that of the sample before ended.
   */
  sample(sample: AckSample, sent: SentPackets, slot: number): void {
    const sentUs = sent.sentUs[slot]!;
    const sendUs = sentUs - sent.firstSentUs[slot]!;
    const ackUs = this.deliveredUs - sent.deliveredUs[slot]!;
    this.firstSentUs = sentUs;
    sample.newestSentUs = sentUs;
    sample.deliveredAtSendBytes = sent.deliveredBytes[slot]!;
    sample.deliveredBytes = this.deliveredBytes - sent.deliveredBytes[slot]!;
    sample.deliveryIntervalUs = Math.max(sendUs, ackUs);
    sample.lostBytes = Math.max(this.lostBytes - sent.lostBytes[slot]!, 0);
    sample.appLimited = (sent.flags[slot]! & SentFlag.AppLimited) !== 0;
  }

  /**
   * An ACK frame was taken: once all packets that the application limited are delivered, samples count again.
   */
  onAcked(): void {
    if (this.isAppLimited && this.deliveredBytes > this.appLimitedUntil) this.appLimitedUntil = 0;
  }
}
