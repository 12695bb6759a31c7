import type { AckSample, CongestionController, CongestionEvent, CongestionFactory } from './controller.ts';
import { longPathInitialWindow } from './long-path.ts';
import { initialWindow, minimumWindow } from './window.ts';

/** One step of a test of a controller. Amounts are shares of the bytes in flight, from 0 to 1. */
export interface ComplianceStep {
  kind: 'ack' | 'limited-ack' | 'lose' | 'mark' | 'persistent' | 'spurious' | 'idle' | 'mtu' | 'reset';
  amount: number;
  /** Time that passes first. */
  elapsedUs: number;
}

/** Properties of the controller that the checks depend on. */
export interface ComplianceOptions {
  /**
   * Whether the window follows a model of the path rather than each signal: it may fall on an ACK frame, and
   * be restored after recovery. Default: false.
   */
  modelBased?: boolean;
  /**
   * A window that the controller may jump to regardless of the limit, because it remembers the path. Default:
   * none.
   */
  jumpBytes?: number;
}

/**
 * Run a controller through the steps; returns a list of what it does that no controller may do, empty if
 * there is nothing.
 *
 * The checks: the window is whole and at least two packets, rates are finite, ACK frames do not lower the
 * window, application-limited ones do not raise it, congestion never raises it and lowers it at most once a
 * round, persistent congestion leaves the minimum, an undo lowers nothing, another packet size keeps the
 * window, a new path starts over, and the same steps give the same result. RFC 9002 §7
 */
export function checkController(
  factory: CongestionFactory,
  steps: readonly ComplianceStep[],
  options: ComplianceOptions = {},
): string[] {
  const first = new Trial(factory, options);
  const second = new Trial(factory, options);
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!;
    first.take(step, i);
    second.take(step, i);
    if (first.controller.windowBytes !== second.controller.windowBytes)
      first.faults.push(`step ${i}: not repeatable`);
    if (first.controller.pacingRate !== second.controller.pacingRate)
      first.faults.push(`step ${i}: not repeatable`);
  }
  return first.faults;
}

class Trial {
  readonly controller: CongestionController;
  readonly faults: string[] = [];
  private readonly modelBased: boolean;
  private mtuBytes = 1200;
  private nowUs = 1_000_000;
  private rttUs = 0;
  private minRttUs = Infinity;
  private inFlightBytes = 0;
  private deliveredBytes = 0;
  private deliveredAtSendBytes = 0;
  private lostBytes = 0;
  private newestSentUs = 0;
  /** Packets sent up to then belong to the last congestion episode. */
  private episodeUs = -Infinity;
  private highestBytes: number;

  constructor(factory: CongestionFactory, options: ComplianceOptions) {
    this.controller = factory({ mtuBytes: this.mtuBytes, nowUs: this.nowUs, seed: 1 });
    this.modelBased = options.modelBased ?? false;
    this.highestBytes = Math.max(this.controller.windowBytes, options.jumpBytes ?? 0);
  }

  take(step: ComplianceStep, index: number): void {
    const before = this.controller.windowBytes;
    this.nowUs += Math.max(1, Math.floor(step.elapsedUs));
    const fault = this.act(step, before);
    if (fault !== '')
      this.faults.push(`step ${index}, ${step.kind}: ${fault} (${before} → ${this.controller.windowBytes})`);
    const { windowBytes, pacingRate } = this.controller;
    this.highestBytes = Math.max(this.highestBytes, windowBytes);
    if (!Number.isInteger(windowBytes))
      this.faults.push(`step ${index}, ${step.kind}: window ${windowBytes}`);
    if (windowBytes < minimumWindow(this.mtuBytes))
      this.faults.push(`step ${index}: window ${windowBytes} too small`);
    if (!Number.isFinite(pacingRate) || pacingRate < 0) this.faults.push(`step ${index}: rate ${pacingRate}`);
  }

  private act(step: ComplianceStep, before: number): string {
    switch (step.kind) {
      case 'ack':
      case 'limited-ack':
        return this.acknowledge(step, before);
      case 'lose':
      case 'mark':
        return this.congest(step, before);
      case 'persistent':
        this.controller.onPersistentCongestion(this.nowUs);
        this.episodeUs = -Infinity;
        return this.expect(this.controller.windowBytes === minimumWindow(this.mtuBytes), 'not the minimum');
      case 'spurious':
        this.controller.onSpuriousLoss(this.nowUs);
        return this.expect(this.controller.windowBytes >= before, 'an undo lowers the window');
      case 'idle':
        this.nowUs += Math.floor(step.amount * 10_000_000);
        this.inFlightBytes = 0;
        this.fill();
        return this.expect(this.controller.windowBytes <= before, 'silence raises the window');
      case 'mtu':
        return this.changeMtu(step, before);
      case 'reset':
        return this.reset();
    }
  }

  /** Send packets until the window is full: they leave together, after all earlier ones. */
  private fill(): void {
    this.nowUs++;
    this.deliveredAtSendBytes = this.deliveredBytes;
    this.newestSentUs = this.nowUs;
    for (
      let count = 0;
      this.inFlightBytes + this.mtuBytes <= this.controller.windowBytes && count < 200;
      count++
    ) {
      this.inFlightBytes += this.mtuBytes;
      this.controller.onSent(this.nowUs, this.mtuBytes, this.inFlightBytes);
    }
  }

  private fillIfEmpty(step: ComplianceStep): void {
    if (this.inFlightBytes > 0) return;
    this.fill();
    this.nowUs += Math.max(1, Math.floor(step.elapsedUs));
  }

  private acknowledge(step: ComplianceStep, before: number): string {
    const isLimited = step.kind === 'limited-ack';
    this.fillIfEmpty(step);
    const ackedBytes = Math.max(1, Math.floor(this.inFlightBytes * step.amount));
    const windowBefore = Math.min(before, this.controller.windowBytes);
    this.controller.onAck(this.sample(ackedBytes, isLimited));
    const { windowBytes } = this.controller;
    const fault = this.expect(this.modelBased || windowBytes >= windowBefore, 'an ACK lowers the window');
    // The controller learns only from the first sample that the path is long, and with what window it may
    // begin.
    const firstBytes = this.minRttUs === Infinity ? 0 : longPathInitialWindow(this.mtuBytes, this.minRttUs);
    const most = Math.max(this.modelBased ? this.highestBytes : before, firstBytes);
    const limitedFault = this.expect(
      !isLimited || windowBytes <= most,
      'grows though the application is the limit',
    );
    this.fill();
    return fault || limitedFault;
  }

  private sample(ackedBytes: number, appLimited: boolean): AckSample {
    const priorInFlightBytes = this.inFlightBytes;
    const latestRttUs = Math.max(1, this.nowUs - this.newestSentUs);
    this.inFlightBytes -= ackedBytes;
    this.deliveredBytes += ackedBytes;
    this.minRttUs = Math.min(this.minRttUs, latestRttUs);
    this.rttUs = this.rttUs === 0 ? latestRttUs : Math.floor((this.rttUs * 7 + latestRttUs) / 8);
    const lostBytes = this.lostBytes;
    this.lostBytes = 0;
    return {
      nowUs: this.nowUs,
      ackedBytes,
      newestSentUs: this.newestSentUs,
      priorInFlightBytes,
      inFlightBytes: this.inFlightBytes,
      deliveredTotalBytes: this.deliveredBytes,
      deliveredAtSendBytes: this.deliveredAtSendBytes,
      deliveredBytes: this.deliveredBytes - this.deliveredAtSendBytes,
      deliveryIntervalUs: latestRttUs,
      lostBytes,
      ceBytes: 0,
      latestRttUs,
      smoothedRttUs: this.rttUs,
      minRttUs: this.minRttUs,
      appLimited,
      windowUnused: appLimited,
    };
  }

  private congest(step: ComplianceStep, before: number): string {
    this.fillIfEmpty(step);
    const windowBefore = Math.min(before, this.controller.windowBytes);
    const isLoss = step.kind === 'lose';
    const lostBytes = isLoss ? Math.max(1, Math.floor(this.inFlightBytes * step.amount)) : 0;
    this.inFlightBytes -= lostBytes;
    this.lostBytes += lostBytes;
    const isNewEpisode = this.newestSentUs > this.episodeUs;
    const event: CongestionEvent = {
      nowUs: this.nowUs,
      sentUs: this.newestSentUs,
      lostBytes,
      cePackets: isLoss ? 0 : 1,
      inFlightBytes: this.inFlightBytes,
    };
    this.controller.onCongestion(event);
    const once = this.controller.windowBytes;
    this.controller.onCongestion(event);
    const fault = this.expect(this.controller.windowBytes === once, 'reduces twice in a round');
    if (isNewEpisode) this.episodeUs = this.nowUs;
    const mayReduce = isNewEpisode || once === windowBefore;
    return (
      this.expect(once <= windowBefore, 'congestion raises the window') ||
      this.expect(mayReduce, 'reduces again for packets of the episode before') ||
      fault
    );
  }

  private changeMtu(step: ComplianceStep, before: number): string {
    this.mtuBytes = 1200 + Math.floor(step.amount * 300);
    this.controller.setMtu(this.mtuBytes);
    const expected = Math.max(before, minimumWindow(this.mtuBytes));
    return this.expect(this.controller.windowBytes === expected, 'another packet size changes the window');
  }

  private reset(): string {
    this.controller.reset(this.nowUs, this.mtuBytes);
    this.inFlightBytes = 0;
    this.deliveredBytes = 0;
    this.deliveredAtSendBytes = 0;
    this.lostBytes = 0;
    this.rttUs = 0;
    this.minRttUs = Infinity;
    this.newestSentUs = this.nowUs;
    this.episodeUs = -Infinity;
    this.highestBytes = this.controller.windowBytes;
    return this.expect(
      this.controller.windowBytes === initialWindow(this.mtuBytes),
      'not the initial window',
    );
  }

  private expect(holds: boolean, fault: string): string {
    return holds ? '' : fault;
  }
}
