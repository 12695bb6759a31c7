import type { Pair } from './pair.ts';
import type { Exchange } from './scenario.ts';

/** One exchange of a scenario, with what has become of it. */
interface Step {
  readonly exchange: Exchange;
  readonly afterPrevious: boolean;
  streamId: number;
  complete: boolean;
}

/** Opens the streams of a scenario in their order and knows how far they are. */
export class ExchangeProgress {
  /** Exchanges that are complete on both sides. */
  completed = 0;
  private readonly steps: Step[] = [];
  private started = 0;

  constructor(exchanges: readonly Exchange[]) {
    for (const exchange of exchanges) {
      for (let i = 0; i < (exchange.count ?? 1); i++) {
        // Within one group only the first waits, so that the group runs at once.
        const afterPrevious = exchange.afterPrevious === true && i === 0;
        this.steps.push({ exchange, afterPrevious, streamId: -1, complete: false });
      }
    }
  }

  get isComplete(): boolean {
    return this.completed === this.steps.length;
  }

  /** How much the server answers on this stream; undefined for nothing. */
  responseBytes(streamId: number): number | undefined {
    const bytes = this.steps.find((step) => step.streamId === streamId)?.exchange.responseBytes;
    return bytes === undefined || bytes < 0 ? undefined : bytes;
  }

  /** Note what is complete and start what may start. */
  advance(pair: Pair): void {
    for (let i = 0; i < this.started; i++) {
      const step = this.steps[i]!;
      if (step.complete || !isFinished(pair, step)) continue;
      step.complete = true;
      this.completed++;
    }
    while (this.started < this.steps.length) {
      const step = this.steps[this.started]!;
      if (step.afterPrevious && this.completed < this.started) return;
      const unidirectional = step.exchange.responseBytes < 0;
      // A limit of the peer stands in the way: `streams-available` brings us here again.
      const stream = pair.client.trySendPattern(step.exchange.requestBytes, { unidirectional });
      if (stream === undefined) return;
      step.streamId = stream.id;
      this.started++;
    }
  }

  /** What arrived wrong. */
  faults(pair: Pair): string[] {
    const faults: string[] = [];
    for (const { exchange, streamId, complete } of this.steps.slice(0, this.started)) {
      if (!complete) continue;
      const request = pair.server.received(streamId);
      if (!request.isPattern || request.length !== exchange.requestBytes) {
        faults.push(
          `the request on stream ${streamId} arrived with ${request.length} bytes, pattern ${request.isPattern}`,
        );
      }
      if (exchange.responseBytes < 0) continue;
      const response = pair.client.received(streamId);
      if (!response.isPattern || response.length !== exchange.responseBytes) {
        faults.push(
          `the response on stream ${streamId} arrived with ${response.length} bytes, pattern ${response.isPattern}`,
        );
      }
    }
    return faults;
  }
}

function isFinished(pair: Pair, step: Step): boolean {
  if (pair.server.connections.length === 0) return false;
  const answerer = step.exchange.responseBytes < 0 ? pair.server : pair.client;
  return answerer.received(step.streamId).finished;
}
