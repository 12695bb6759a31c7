import type { Span } from './link.ts';

/** When the program of a host runs. Datagrams that come meanwhile wait for it. */
export interface LoopOptions {
  /**
   * The program is busy in between, and its loop runs only at multiples of this. Default: whenever something
   * is due.
   */
  readonly turnUs?: number;
  /** Timers fire at multiples of this. Default 1. */
  readonly timerGrainUs?: number;
  /** Timers fire so much before they are due, and are set again for at least as long. Default 0. */
  readonly timerEarlyUs?: number;
  /**
   * The program does not run in these spans, because of garbage collection or a suspended machine. Default
   * none.
   */
  readonly pauses?: readonly Span[];
}

/** Decides when a program runs. */
export class Loop {
  private readonly options: LoopOptions;
  private lastTimerUs = -Infinity;

  constructor(options: LoopOptions) {
    this.options = options;
  }

  /** When the program runs for a datagram that came at `atUs` or before. */
  forInput(atUs: number): number {
    return this.enter(atUs);
  }

  /** When the program runs for a timer that is due at `dueUs`; at `nowUs` or later. */
  forTimer(dueUs: number, nowUs: number): number {
    const { timerGrainUs = 1, timerEarlyUs = 0 } = this.options;
    if (dueUs === Infinity) return Infinity;
    const earlyUs = dueUs > nowUs ? Math.max(dueUs - timerEarlyUs, this.lastTimerUs + timerEarlyUs) : dueUs;
    return this.enter(Math.max(nowUs, Math.ceil(earlyUs / timerGrainUs) * timerGrainUs));
  }

  /** The program ran. */
  onTurn(nowUs: number): void {
    this.lastTimerUs = nowUs;
  }

  private enter(atUs: number): number {
    const { turnUs = 1, pauses = [] } = this.options;
    let enterUs = Math.ceil(atUs / turnUs) * turnUs;
    for (const { fromUs, untilUs } of pauses)
      if (enterUs >= fromUs && enterUs < untilUs) enterUs = Math.ceil(untilUs / turnUs) * turnUs;
    return enterUs;
  }
}

/** Spans of `durationUs` every `periodUs`, until `untilUs`. */
export function regularPauses(periodUs: number, durationUs: number, untilUs: number): Span[] {
  const pauses: Span[] = [];
  for (let fromUs = periodUs; fromUs < untilUs; fromUs += periodUs)
    pauses.push({ fromUs, untilUs: fromUs + durationUs });
  return pauses;
}
