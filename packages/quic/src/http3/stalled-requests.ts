import type { Alarm } from '@tsquic/event-adapters';
import { Http3Code } from '@tsquic/http3';
import type { ConnectionCore } from '../connection-core.ts';
import type { Http3Session } from './session.ts';

/** A request whose response was given, of which content may still come. */
export interface AnsweredRequest {
  /** Bytes of content that the handler has read; undefined where nobody reads it any more. */
  readonly bytesRead: number | undefined;
  /** Take no more content. */
  giveUp(): void;
}

/**
 * Ends what a client leaves unfinished at a server while no handler waits for it: requests without a head, content that nobody reads,
 * and responses that it does not take. Each would hold a stream, and the end of a connection that finishes, for ever. One alarm looks
 * at all requests of a connection, so that what makes no progress ends after one to two times the limit.
 */
export class StalledRequests {
  private readonly session: Http3Session;
  private readonly core: ConnectionCore;
  private readonly limitUs: number;
  private readonly alarm: Alarm;
  /** Bytes of content read by the time of the last look; -1 where there was none yet. */
  private readonly answered = new Map<AnsweredRequest, number>();
  /** Bytes that the client had acknowledged then of each response that was complete here. */
  private sent: ReadonlyMap<number, number> = new Map();
  /** The first request that had not begun then. */
  private nextId = 0;

  /** @param limitMs - Infinity ends nothing. */
  constructor(session: Http3Session, core: ConnectionCore, limitMs: number) {
    this.session = session;
    this.core = core;
    this.limitUs = limitMs * 1000;
    this.alarm = core.createAlarm(() => this.look());
    if (limitMs < Infinity) this.alarm.set(this.limitUs);
  }

  /** A request was answered before all of its content was read. */
  add(request: AnsweredRequest): void {
    this.answered.set(request, -1);
  }

  /** All content of a request was read, or none is taken any more. */
  delete(request: AnsweredRequest): void {
    this.answered.delete(request);
  }

  /** The connection has ended. */
  close(): void {
    this.alarm.cancel();
    this.answered.clear();
  }

  private look(): void {
    const { engine } = this.session;
    engine.rejectUnread(this.nextId);
    this.nextId = engine.nextRequestId;
    this.lookAtContent();
    this.lookAtResponses();
    this.alarm.set(this.limitUs);
    this.session.wake();
  }

  private lookAtContent(): void {
    for (const [request, before] of this.answered) {
      const { bytesRead } = request;
      // What is dropped has this long, whatever comes of it.
      const isStalled = bytesRead === undefined ? before >= 0 : bytesRead === before;
      if (isStalled) request.giveUp();
      else this.answered.set(request, bytesRead ?? 0);
    }
  }

  private lookAtResponses(): void {
    const sent = new Map<number, number>();
    for (const streamId of this.session.engine.undeliveredRequests) {
      const stream = this.core.handle.stream(streamId);
      if (stream === undefined) continue;
      if (stream.acknowledgedBytes === this.sent.get(streamId)) stream.discard(Http3Code.ExcessiveLoad);
      else sent.set(streamId, stream.acknowledgedBytes);
    }
    this.sent = sent;
  }
}
