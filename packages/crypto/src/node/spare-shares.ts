import { setImmediate } from 'node:timers';
import type { KeyShare } from '../provider.ts';

/** Shares that lie ready, at most: enough for handshakes that begin in one turn of a quiet program. */
const SPARES = 4;

/**
 * Shares that were generated ahead, while the program had nothing else to do. Each is given out once. The first is made when
 * it is needed, so that a program without handshakes makes none.
 */
export class SpareShares {
  private readonly generate: () => KeyShare;
  private readonly spares: KeyShare[] = [];
  private isFilling = false;

  constructor(generate: () => KeyShare) {
    this.generate = generate;
  }

  take(): KeyShare {
    const share = this.spares.pop() ?? this.generate();
    this.fillLater();
    return share;
  }

  /** One share a turn, so that what the program does is not held up for long, nor its end at all. */
  private fillLater(): void {
    if (this.isFilling || this.spares.length >= SPARES) return;
    this.isFilling = true;
    setImmediate(() => {
      this.isFilling = false;
      this.spares.push(this.generate());
      this.fillLater();
    }).unref();
  }
}
