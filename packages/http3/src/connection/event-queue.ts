import type { Http3Event } from '../events.ts';
import type { RequestStream } from '../stream/request-stream.ts';

/**
 * What the program has not pulled yet. A request stays to be found until the program has handled the last event of it, and of what
 * a peer may say again and again one event waits.
 */
export class EventQueue {
  private waiting: (Http3Event | undefined)[] = [];
  /** Events that were pulled and stand in `waiting` still. */
  private pulled = 0;
  /** Events of each stream that wait. */
  private readonly counts = new Map<number, number>();
  /** Where the priority of a stream waits. */
  private readonly priorities = new Map<number, number>();
  private hasGoAway = false;
  private isSilent = false;
  /** Requests that are over, and of which events wait. */
  private readonly kept = new Map<number, RequestStream>();
  /** The stream of the event that the program handles; -1 for none. */
  private handled = -1;

  /** Tell an event, unless this side has closed the connection: then `closed` alone is told. */
  push(event: Http3Event): void {
    if (this.isSilent && event.type !== 'closed') return;
    if (event.type === 'goaway') {
      if (this.hasGoAway) return;
      this.hasGoAway = true;
    }
    if (event.type === 'priority' && this.replacePriority(event)) return;
    if ('streamId' in event) this.counts.set(event.streamId, (this.counts.get(event.streamId) ?? 0) + 1);
    this.waiting.push(event);
  }

  /** The oldest event; undefined when there is none. */
  shift(): Http3Event | undefined {
    if (!this.counts.has(this.handled)) this.drop(this.handled);
    this.handled = -1;
    const event = this.waiting[this.pulled];
    if (event === undefined) return undefined;
    this.waiting[this.pulled++] = undefined;
    if (this.pulled === this.waiting.length) {
      this.waiting = [];
      this.pulled = 0;
    }
    this.onPulled(event);
    return event;
  }

  /** This side has closed the connection. */
  silence(): void {
    this.isSilent = true;
  }

  /** A request is over: it can be found as long as events of it wait, and while the last one is handled. */
  keep(stream: RequestStream): void {
    if (this.counts.has(stream.id)) this.kept.set(stream.id, stream);
    else stream.forgetDatagrams();
  }

  keptStream(streamId: number): RequestStream | undefined {
    return this.kept.get(streamId);
  }

  private drop(streamId: number): void {
    this.kept.get(streamId)?.forgetDatagrams();
    this.kept.delete(streamId);
  }

  private onPulled(event: Http3Event): void {
    if (event.type === 'goaway') this.hasGoAway = false;
    if (!('streamId' in event)) return;
    const { streamId } = event;
    if (event.type === 'priority') this.priorities.delete(streamId);
    this.handled = streamId;
    const left = this.counts.get(streamId)! - 1;
    if (left > 0) this.counts.set(streamId, left);
    else this.counts.delete(streamId);
  }

  /** Put a priority in the place of one that waits. Returns whether there is one. */
  private replacePriority(event: Extract<Http3Event, { readonly type: 'priority' }>): boolean {
    const at = this.priorities.get(event.streamId);
    if (at !== undefined) this.waiting[at] = event;
    else this.priorities.set(event.streamId, this.waiting.length);
    return at !== undefined;
  }
}
