import type { QuicStream } from '@tsquic/quic-core';
import type { Pair } from './pair.ts';
import { fillPattern } from './pattern.ts';
import type { Exchange } from './scenario.ts';

/** One exchange of a scenario, and its state. */
interface Step {
  readonly exchange: Exchange;
  readonly afterPrevious: boolean;
  streamId: number;
  complete: boolean;
}

/** Opens the streams of a scenario in their order, and tracks their progress. */
export class ExchangeProgress {
  /** Exchanges that are complete on both sides. */
  completed = 0;
  private readonly steps: Step[] = [];
  private started = 0;

  constructor(exchanges: readonly Exchange[]) {
    for (const exchange of exchanges) {
      for (let i = 0; i < (exchange.count ?? 1); i++) {
        // Only the first exchange of a group waits, so that the group runs at once.
        const afterPrevious = exchange.afterPrevious === true && i === 0;
        this.steps.push({ exchange, afterPrevious, streamId: -1, complete: false });
      }
    }
  }

  get isComplete(): boolean {
    return this.completed === this.steps.length;
  }

  /** Length of the server's response on this stream; undefined for none. */
  responseBytes(streamId: number): number | undefined {
    const bytes = this.steps.find((step) => step.streamId === streamId)?.exchange.responseBytes;
    return bytes === undefined || bytes < 0 ? undefined : bytes;
  }

  /**
   * Find complete exchanges, and start those that may start.
   *
   * @param hasMoved - the client has made all of its moves.
   */
  advance(pair: Pair, hasMoved = true): void {
    for (let i = 0; i < this.started; i++) {
      const step = this.steps[i]!;
      if (step.complete || !isFinished(pair, step)) continue;
      step.complete = true;
      this.completed++;
    }
    while (this.started < this.steps.length) {
      const step = this.steps[this.started]!;
      if (step.afterPrevious && this.completed < this.started) return;
      if (step.exchange.afterMoves === true && !hasMoved) return;
      const unidirectional = step.exchange.responseBytes < 0;
      // When the peer's limit is reached, the event `streams-available` leads to another call.
      const stream =
        step.exchange.reliableBytes === undefined
          ? pair.client.trySendPattern(step.exchange.requestBytes, { unidirectional })
          : sendPartly(pair, step.exchange);
      if (stream === undefined) return;
      arrange(pair, stream.id, step.exchange);
      step.streamId = stream.id;
      this.started++;
    }
  }

  /** Data that arrived wrong. */
  faults(pair: Pair): string[] {
    const faults: string[] = [];
    for (const { exchange, streamId, complete } of this.steps.slice(0, this.started)) {
      if (!complete) continue;
      const request = pair.server.received(streamId);
      if (exchange.reliableBytes !== undefined) {
        if (!request.isPattern || request.length < exchange.reliableBytes)
          faults.push(
            `${request.length} of ${exchange.reliableBytes} reliable bytes arrived on stream ${streamId}`,
          );
        continue;
      }
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

/** Open a stream, write as much of the request as it takes, and reset it at the reliable size. */
function sendPartly(pair: Pair, { requestBytes, reliableBytes }: Exchange): QuicStream | undefined {
  const stream = pair.client.connection.openStream({ unidirectional: true });
  if (stream === undefined) return undefined;
  const request = new Uint8Array(requestBytes);
  fillPattern(request, 0);
  stream.write(request);
  if (!stream.resetAt(RESET_CODE, reliableBytes!)) throw new Error('the server takes no RESET_STREAM_AT');
  return stream;
}

function arrange({ client }: Pair, streamId: number, { priority, path }: Exchange): void {
  const stream = client.connection.stream(streamId);
  if (priority !== undefined) stream?.setPriority(priority);
  if (path !== undefined && stream?.setPath(path) === false) throw new Error(`path ${path} is not in use`);
}

const RESET_CODE = 7;

function isFinished(pair: Pair, step: Step): boolean {
  if (pair.server.connections.length === 0) return false;
  if (step.exchange.reliableBytes !== undefined)
    return pair.server.eventsOf('stream-reset').some(({ streamId }) => streamId === step.streamId);
  const answerer = step.exchange.responseBytes < 0 ? pair.server : pair.client;
  return answerer.received(step.streamId).finished;
}
