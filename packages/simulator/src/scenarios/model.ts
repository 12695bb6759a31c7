/** A path without faults. */
export interface PathModel {
  readonly rttUs: number;
  readonly bytesPerSecond: number;
}

/** UDP payload of a packet before the MTU is searched for. RFC 9000 §14.1 */
const PACKET_BYTES = 1200;
/** Stream data in a packet, without header, frame header and tag. */
const DATA_BYTES = 1166;
/** Length of a packet on a link, with IPv4 and UDP headers. */
const WIRE_BYTES = PACKET_BYTES + 28;

/**
 * Time that a sender needs for `bytes` bytes of data: ten packets, twice as many in each round trip until the
 * path is full (RFC 9002 §7.2, §7.3.1), and then as many as the path carries.
 */
export function transferUs(bytes: number, { rttUs, bytesPerSecond }: PathModel): number {
  const fullBytes = (bytesPerSecond * rttUs) / 1e6;
  let [leftBytes, takenUs] = [bytes, 0];
  for (let windowBytes = 10 * PACKET_BYTES; windowBytes < fullBytes; windowBytes *= 2) {
    if (leftBytes <= windowBytes) break;
    leftBytes -= windowBytes;
    takenUs += rttUs;
  }
  return takenUs + ((leftBytes * WIRE_BYTES) / DATA_BYTES / bytesPerSecond) * 1e6;
}

/**
 * The same when one packet in `1 / lossShare` is lost at random: slow start up to the first loss, and then
 * the mean window of a sender that is fair to Reno, `sqrt(3 / 2 / p)` packets, without the lost ones.
 * RFC 9438 §4.3, RFC 5348 §3.1
 */
export function lossyTransferUs(bytes: number, path: PathModel, lossShare: number): number {
  const untilLoss = Math.min(bytes, DATA_BYTES / lossShare);
  const windowBytes = Math.sqrt(1.5 / lossShare) * DATA_BYTES * (1 - lossShare);
  return transferUs(untilLoss, path) + ((bytes - untilLoss) / windowBytes) * path.rttUs;
}

/**
 * The virtual time that a scenario may take: a quarter more than the model's, or less when the model is an
 * upper bound itself. A scenario whose actual time is above the model says so.
 */
export function ceilingOf(modelUs: number, factor = 1.25): number {
  return Math.ceil(modelUs * factor);
}
