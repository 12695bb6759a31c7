/** When a connection has its turn among those of its context, whose `WakeOrder` keeps this record. */
export class Turn {
  /** While it waits: when it is due; Infinity for never. */
  wakeUs: number = Infinity;
  /** Its place in the heap of those that wait, or -1. */
  index: number = -1;
  /** Whether it stands in the queue of those that are due. */
  isReady: boolean = false;
  /** Whether the context has forgotten the connection. */
  isOver: boolean = false;
}
