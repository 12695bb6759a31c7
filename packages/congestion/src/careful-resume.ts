import type { AckSample, CongestionController, CongestionEvent } from './controller.ts';
import { initialWindow, minimumWindow } from './window.ts';

/** What an earlier connection measured on the path. */
export interface RememberedPath {
  rttUs: number;
  windowBytes: number;
}

/**
 * Starts any controller from a remembered path: jumps to half of the remembered window once the round-trip
 * time is similar, validates that the path carries it, and falls back to half of what it did carry if packets
 * are lost. draft-ietf-tsvwg-careful-resume
 */
export class CarefulResume implements CongestionController {
  readonly name: string;
  readonly ecnCodepoint: number;
  windowBytes: number;
  pacingRate: number;
  inSlowStart: boolean;

  private readonly inner: CongestionController;
  private readonly remembered: RememberedPath;
  private phase: Phase = Phase.Reconnaissance;
  private mtuBytes: number;
  /** The window that the current phase sets. */
  private phaseWindowBytes = 0;
  /** Bytes that the path is known to carry. */
  private pipeBytes = 0;
  private jumpedUs = 0;
  private lastSentUs = 0;
  private lastUnvalidatedUs = 0;

  constructor(inner: CongestionController, remembered: RememberedPath, mtuBytes: number) {
    this.inner = inner;
    this.remembered = remembered;
    this.mtuBytes = mtuBytes;
    this.name = inner.name;
    this.ecnCodepoint = inner.ecnCodepoint;
    this.windowBytes = inner.windowBytes;
    this.pacingRate = inner.pacingRate;
    this.inSlowStart = inner.inSlowStart;
  }

  onSent(sentUs: number, bytes: number, inFlightBytes: number): void {
    this.lastSentUs = sentUs;
    this.inner.onSent(sentUs, bytes, inFlightBytes);
    this.publish();
  }

  onAck(sample: AckSample): void {
    this.inner.onAck(sample);
    switch (this.phase) {
      case Phase.Reconnaissance:
        if (sample.latestRttUs > 0) this.jumpIfSimilar(sample);
        break;
      case Phase.Unvalidated:
        this.watchJump(sample);
        break;
      case Phase.Validating:
        this.pipeBytes += sample.ackedBytes;
        if (sample.newestSentUs >= this.lastUnvalidatedUs) this.phase = Phase.Normal;
        break;
      case Phase.Retreat:
        if (sample.newestSentUs > this.lastUnvalidatedUs) this.phase = Phase.Normal;
        break;
    }
    this.holdWindow(sample.smoothedRttUs);
  }

  onCongestion(event: CongestionEvent): void {
    if (this.phase === Phase.Unvalidated || this.phase === Phase.Validating) {
      this.retreat(event);
      return;
    }
    if (this.phase === Phase.Reconnaissance) this.phase = Phase.Normal;
    this.inner.onCongestion(event);
    this.publish();
  }

  onPersistentCongestion(nowUs: number): void {
    this.phase = Phase.Normal;
    this.inner.onPersistentCongestion(nowUs);
    this.publish();
  }

  onSpuriousLoss(nowUs: number): void {
    this.phase = Phase.Normal;
    this.inner.onSpuriousLoss(nowUs);
    this.publish();
  }

  /** The path is left, and what was remembered belongs to it. */
  reset(nowUs: number, mtuBytes: number): void {
    this.phase = Phase.Normal;
    this.mtuBytes = mtuBytes;
    this.inner.reset(nowUs, mtuBytes);
    this.publish();
  }

  setMtu(mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.inner.setMtu(mtuBytes);
    this.publish();
  }

  private jumpIfSimilar(sample: AckSample): void {
    const { rttUs, windowBytes } = this.remembered;
    const jumpBytes = Math.floor(windowBytes / 2);
    const isSimilar = sample.latestRttUs >= rttUs / 2 && sample.latestRttUs <= rttUs * 10;
    if (!isSimilar || jumpBytes <= this.inner.windowBytes) {
      this.phase = Phase.Normal;
      return;
    }
    this.phase = Phase.Unvalidated;
    this.phaseWindowBytes = jumpBytes;
    this.pipeBytes = sample.inFlightBytes + sample.ackedBytes;
    this.jumpedUs = sample.nowUs;
  }

  private watchJump(sample: AckSample): void {
    this.pipeBytes += sample.ackedBytes;
    if (sample.newestSentUs <= this.jumpedUs) return;
    // The packets of the jump stay in flight, and no more follow until the path has carried all of them.
    this.lastUnvalidatedUs = this.lastSentUs;
    this.phaseWindowBytes = Math.max(sample.inFlightBytes, this.pipeBytes, initialWindow(this.mtuBytes));
    this.phase = sample.inFlightBytes > this.pipeBytes ? Phase.Validating : Phase.Normal;
    this.inner.windowBytes = this.phaseWindowBytes;
  }

  private retreat(event: CongestionEvent): void {
    const leastBytes = minimumWindow(this.mtuBytes);
    if (this.phase === Phase.Unvalidated) this.lastUnvalidatedUs = this.lastSentUs;
    this.phase = Phase.Retreat;
    // The validated window is set first, so that the controller reduces from it and an undo restores it.
    this.inner.windowBytes = Math.max(Math.min(this.pipeBytes, this.windowBytes), leastBytes);
    this.phaseWindowBytes = Math.max(Math.floor(this.inner.windowBytes / 2), leastBytes);
    this.inner.onCongestion(event);
    this.inner.windowBytes = Math.min(this.inner.windowBytes, this.phaseWindowBytes);
    this.publish();
  }

  private holdWindow(smoothedRttUs: number): void {
    if (this.phase === Phase.Unvalidated || this.phase === Phase.Validating) {
      this.inner.windowBytes = this.phaseWindowBytes;
    } else if (this.phase === Phase.Retreat) {
      this.inner.windowBytes = Math.min(this.inner.windowBytes, this.phaseWindowBytes);
    }
    this.publish();
    // The jump is paced over a round trip, so that a path that has become narrower loses few of its packets.
    if (this.phase === Phase.Unvalidated && smoothedRttUs > 0) {
      this.pacingRate = (this.windowBytes * 1_000_000) / smoothedRttUs;
    }
  }

  private publish(): void {
    this.windowBytes = this.inner.windowBytes;
    this.inSlowStart = this.inner.inSlowStart;
    if (this.phase !== Phase.Unvalidated) this.pacingRate = this.inner.pacingRate;
  }
}

const Phase = {
  /** Waits for an RTT to compare. */
  Reconnaissance: 0,
  /** The window has jumped, and no packet sent since was acknowledged. */
  Unvalidated: 1,
  /** Packets of the jump arrive. */
  Validating: 2,
  /** Packets of the jump were lost. */
  Retreat: 3,
  Normal: 4,
} as const;
type Phase = (typeof Phase)[keyof typeof Phase];
