import type { AckSample, CongestionEvent } from './controller.ts';

/**
 * The differences between loss-based congestion controllers: how the window grows in congestion avoidance,
 * what remains of it after congestion, and what an undo restores of the law's own state.
 *
 * The class is the part of RFC 9002 §7 that most laws share; a law defines `grow` and `reduce`, and overrides
 * the rest where it differs. `LossBased` has slow start, the recovery period and the minimum window. A new
 * path gets a new law.
 */
export abstract class WindowLaw {
  /**
   * Whether a CE mark begins a recovery period, in which the window does not grow, as a loss does. RFC 9002
   * §7.3.2
   */
  readonly marksStartRecovery: boolean = true;

  /** The window after an ACK frame that may grow it in congestion avoidance, whole bytes. */
  abstract grow(windowBytes: number, sample: AckSample, mtuBytes: number): number;

  /** The window, and the threshold of slow start, after losses or marks. The caller rounds it down. */
  abstract reduce(windowBytes: number, event: CongestionEvent): number;

  /** Is called for every ACK frame before the window grows. `inSlowStart` is the state when it arrived. */
  onAck(_sample: AckSample, _inSlowStart: boolean): void {}

  /** A packet leaves at `sentUs` while no other is in flight. */
  onSentAlone(_sentUs: number): void {}

  /** Whether the last round trip has tested the window, so that it may grow. RFC 9002 §7.8 */
  isTested(sample: AckSample): boolean {
    return !sample.windowUnused;
  }

  /** Before a reduction, store what `restore` needs. */
  save(): void {}

  /** The losses of the last reduction were spurious: restore the state of `save`. */
  restore(): void {}

  /** A stage of growth ended without congestion, because the window was reduced while idle. */
  restart(): void {}

  /** Congestion was persistent: forget all estimates of the path's capacity. RFC 9002 §7.6 */
  collapse(): void {}

  /** Bytes per second to pace this window at, or 0 to let the pacer derive a rate from the window. */
  pacingRate(_windowBytes: number, _smoothedRttUs: number, _inSlowStart: boolean): number {
    return 0;
  }
}
