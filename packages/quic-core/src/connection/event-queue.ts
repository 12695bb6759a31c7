import type { QuicEvent } from '../events.ts';

/** Events of all connections that the application has not yet asked for, oldest first. */
export class EventQueue {
  private events: QuicEvent[] = [];
  private head = 0;

  push(event: QuicEvent): void {
    this.events.push(event);
  }

  shift(): QuicEvent | undefined {
    if (this.head === this.events.length) return undefined;
    const event = this.events[this.head]!;
    this.head++;
    if (this.head === this.events.length) {
      this.events.length = 0;
      this.head = 0;
    } else if (this.head === COMPACT_AT) {
      this.events = this.events.slice(this.head);
      this.head = 0;
    }
    return event;
  }

  clear(): void {
    this.events = [];
    this.head = 0;
  }
}

const COMPACT_AT = 1024;
