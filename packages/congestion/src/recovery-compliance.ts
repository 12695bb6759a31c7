import {
  type AckSample,
  type CongestionController,
  type CongestionEvent,
  type CongestionFactory,
  createAckSample,
  createCongestionEvent,
} from './controller.ts';
import { Pacer } from './pacer.ts';

/** A path that loses packets for a while, and none afterwards. */
export interface RecoveryPath {
  mtuBytes: number;
  bytesPerSecond: number;
  rttUs: number;
  /** Size of the queue, bytes. */
  queueBytes: number;
  /** One of so many packets starts a run of losses. */
  loseOneIn: number;
  /** Packets that each run loses. */
  runPackets: number;
  seed: number;
}

/**
 * Run a controller over paths that lose packets for two seconds; returns a list of the paths that it does not
 * use again afterwards, empty if it uses all.
 *
 * Once there are no more losses, nine tenths of the path must be in use again after five seconds, and as many
 * round trips as a window takes that grows by half a packet in each. CUBIC never grows more slowly in the
 * region of Reno (RFC 9438 §4.3), and BBR probes every two to three seconds. A controller that compares two
 * differently rounded values, such as its window and a bound on it, may stay where a loss has left it.
 */
export function checkRecovery(
  factory: CongestionFactory,
  paths: readonly RecoveryPath[] = RECOVERY_PATHS,
): string[] {
  const faults: string[] = [];
  for (const path of paths) {
    const trial = new RecoveryTrial(factory, path);
    const packets = (path.bytesPerSecond * path.rttUs) / 1_000_000 / path.mtuBytes;
    const patienceUs = 2 * packets * path.rttUs + 5 * SECOND_US;
    trial.runUntil(LOSSLESS_FROM_US + patienceUs);
    const share = trial.shareOver(2 * SECOND_US);
    if (share < 0.9)
      faults.push(
        `${JSON.stringify(path)}: ${(share * 100).toFixed(0)} % of the path in use after its losses`,
      );
  }
  return faults;
}

interface SentPacket {
  sentUs: number;
  deliveredBytes: number;
  deliveredUs: number;
  firstSentUs: number;
  lostBytes: number;
  /** When its acknowledgement arrives; Infinity when the packet was lost. */
  ackUs: number;
}

/** One flow with unlimited data over one queue. */
class RecoveryTrial {
  private readonly path: RecoveryPath;
  private readonly controller: CongestionController;
  private readonly pacer: Pacer;
  private readonly packets: SentPacket[] = [];
  private nowUs = 0;
  private inFlightBytes = 0;
  private deliveredBytes = 0;
  private deliveredUs = 0;
  private firstSentUs = 0;
  private lostBytes = 0;
  private smoothedRttUs = 0;
  private minRttUs = Infinity;
  private linkFreeUs = 0;
  private runLeft = 0;
  private random: number;
  private readonly sample: AckSample = createAckSample();
  private readonly event: CongestionEvent = createCongestionEvent();

  constructor(factory: CongestionFactory, path: RecoveryPath) {
    this.path = path;
    this.controller = factory({ mtuBytes: path.mtuBytes, nowUs: 0, seed: path.seed });
    this.pacer = new Pacer(path.mtuBytes);
    this.random = path.seed;
  }

  runUntil(untilUs: number): void {
    while (this.nowUs < untilUs) this.step(untilUs);
  }

  /** The share of the path that is in use over this time, from now on. */
  shareOver(spanUs: number): number {
    const before = this.deliveredBytes;
    this.runUntil(this.nowUs + spanUs);
    return ((this.deliveredBytes - before) * 1_000_000) / (spanUs * this.path.bytesPerSecond);
  }

  private step(untilUs: number): void {
    const { mtuBytes } = this.path;
    const maySend = this.inFlightBytes + mtuBytes <= this.controller.windowBytes;
    const sendUs = maySend ? Math.max(this.pacer.nextSendUs(this.nowUs), this.nowUs) : Infinity;
    const first = this.packets.findIndex(({ ackUs }) => ackUs !== Infinity);
    const ackUs = first < 0 ? Infinity : this.packets[first]!.ackUs;
    const newest = this.packets.at(-1);
    const probeUs =
      newest === undefined ? Infinity : newest.sentUs + 3 * Math.max(this.smoothedRttUs, 100_000);
    const nextUs = Math.min(sendUs, ackUs, probeUs);
    this.nowUs = Math.max(this.nowUs, Math.min(nextUs, untilUs));
    if (nextUs > untilUs) return;
    if (ackUs === nextUs) this.acknowledge(first);
    else if (sendUs === nextUs) this.send();
    else this.lose(this.packets.length, 0);
    const { windowBytes, pacingRate, inSlowStart } = this.controller;
    this.pacer.update(windowBytes, pacingRate, this.smoothedRttUs, inSlowStart);
  }

  private send(): void {
    const { nowUs } = this;
    const { mtuBytes, bytesPerSecond, rttUs, queueBytes } = this.path;
    if (this.inFlightBytes === 0) this.firstSentUs = this.deliveredUs = nowUs;
    const waitingBytes = ((this.linkFreeUs - nowUs) * bytesPerSecond) / 1_000_000;
    const isLost = this.losesNext() || waitingBytes > queueBytes;
    if (!isLost) this.linkFreeUs = Math.max(this.linkFreeUs, nowUs) + (mtuBytes * 1_000_000) / bytesPerSecond;
    this.packets.push({
      sentUs: nowUs,
      deliveredBytes: this.deliveredBytes,
      deliveredUs: this.deliveredUs,
      firstSentUs: this.firstSentUs,
      lostBytes: this.lostBytes,
      ackUs: isLost ? Infinity : Math.ceil(this.linkFreeUs + rttUs),
    });
    this.inFlightBytes += mtuBytes;
    this.pacer.onSent(nowUs, mtuBytes);
    this.controller.onSent(nowUs, mtuBytes, this.inFlightBytes);
  }

  private losesNext(): boolean {
    const { loseOneIn, runPackets } = this.path;
    this.random = (Math.imul(this.random, 1_664_525) + 1_013_904_223) | 0;
    if (this.nowUs < LOSSES_FROM_US || this.nowUs >= LOSSLESS_FROM_US) return false;
    if (this.runLeft > 0) this.runLeft--;
    else if ((this.random >>> 0) / 2 ** 32 < 1 / loseOneIn) this.runLeft = runPackets - 1;
    else return false;
    return true;
  }

  /**
   * The network keeps the order: a packet that left three packets before one that arrived, and has not
   * arrived, is lost.
   */
  private acknowledge(index: number): void {
    const { mtuBytes } = this.path;
    const { nowUs, sample, packets } = this;
    const packet = packets[index]!;
    const rttUs = nowUs - packet.sentUs;
    sample.priorInFlightBytes = this.inFlightBytes;
    packets.splice(index, 1);
    this.inFlightBytes -= mtuBytes;
    this.deliveredBytes += mtuBytes;
    this.deliveredUs = nowUs;
    this.firstSentUs = packet.sentUs;
    this.minRttUs = Math.min(this.minRttUs, rttUs);
    this.smoothedRttUs = this.smoothedRttUs === 0 ? rttUs : (7 * this.smoothedRttUs + rttUs) / 8;
    this.lose(index, 2);
    sample.nowUs = nowUs;
    sample.ackedBytes = mtuBytes;
    sample.newestSentUs = packet.sentUs;
    sample.inFlightBytes = this.inFlightBytes;
    sample.deliveredTotalBytes = this.deliveredBytes;
    sample.deliveredAtSendBytes = packet.deliveredBytes;
    sample.deliveredBytes = this.deliveredBytes - packet.deliveredBytes;
    sample.deliveryIntervalUs = Math.max(packet.sentUs - packet.firstSentUs, nowUs - packet.deliveredUs);
    sample.lostBytes = this.lostBytes - packet.lostBytes;
    sample.latestRttUs = rttUs;
    sample.smoothedRttUs = this.smoothedRttUs;
    sample.minRttUs = this.minRttUs;
    this.controller.onAck(sample);
  }

  /** Declare the packets before `end` lost, except the last `spared`. */
  private lose(end: number, spared: number): void {
    const lost = this.packets.splice(0, Math.max(end - spared, 0));
    if (lost.length === 0) return;
    const { event } = this;
    event.nowUs = this.nowUs;
    event.sentUs = lost.at(-1)!.sentUs;
    event.lostBytes = lost.length * this.path.mtuBytes;
    this.inFlightBytes -= event.lostBytes;
    this.lostBytes += event.lostBytes;
    event.inFlightBytes = this.inFlightBytes;
    this.controller.onCongestion(event);
  }
}

const SECOND_US = 1_000_000;
const LOSSES_FROM_US = SECOND_US;
const LOSSLESS_FROM_US = 3 * SECOND_US;

/** Sizes and rates whose products are not whole numbers, with single losses and with runs. */
const RECOVERY_PATHS: readonly RecoveryPath[] = [
  { mtuBytes: 1200, bytesPerSecond: 1_234_567, rttUs: 20_011, loseOneIn: 40, runPackets: 1 },
  { mtuBytes: 1452, bytesPerSecond: 3_141_593, rttUs: 19_997, loseOneIn: 100, runPackets: 10 },
  { mtuBytes: 1452, bytesPerSecond: 1_250_001, rttUs: 40_009, loseOneIn: 10, runPackets: 1 },
  { mtuBytes: 1337, bytesPerSecond: 2_718_282, rttUs: 9973, loseOneIn: 300, runPackets: 40 },
].flatMap((path) => {
  const queueBytes = Math.ceil((path.bytesPerSecond * path.rttUs) / SECOND_US);
  return [1, 2, 3].map((seed) => ({ ...path, queueBytes, seed }));
});
