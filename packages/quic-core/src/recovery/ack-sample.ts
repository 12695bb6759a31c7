import type { AckSample } from '@tsquic/congestion';
import type { Path } from '../path/path.ts';
import { SentFlag, type SentPackets } from './sent-packets.ts';

/** Fill in what the newest acknowledged packet of the path shows; its interval of delivery ends the next one's. */
export function sampleDelivery(sample: AckSample, path: Path, sent: SentPackets, slot: number): void {
  const sentUs = sent.sentUs[slot]!;
  const sendUs = sentUs - sent.firstSentUs[slot]!;
  const ackUs = path.deliveredUs - sent.deliveredUs[slot]!;
  path.firstSentUs = sentUs;
  sample.newestSentUs = sentUs;
  sample.deliveredAtSendBytes = sent.deliveredBytes[slot]!;
  sample.deliveredBytes = path.deliveredBytes - sent.deliveredBytes[slot]!;
  sample.deliveryIntervalUs = Math.max(sendUs, ackUs);
  sample.lostBytes = Math.max(path.lostBytes - sent.lostBytes[slot]!, 0);
  sample.appLimited = (sent.flags[slot]! & SentFlag.AppLimited) !== 0;
}

/** Fill in what the path is like now. */
export function samplePath(sample: AckSample, path: Path): void {
  sample.deliveredTotalBytes = path.deliveredBytes;
  sample.inFlightBytes = path.inFlightBytes;
  sample.smoothedRttUs = path.rtt.smoothedUs;
  sample.minRttUs = path.rtt.hasSample ? path.rtt.minUs : 0;
}
