import type { ReceiveStream } from './receive-stream.ts';
import type { SendStream } from './send-stream.ts';

/** One stream: the halves it has, and its places in the queues. */
export class Stream {
  readonly id: number;
  /** Undefined where only the peer sends. */
  readonly sender: SendStream | undefined;
  /** Undefined where only we send. */
  readonly receiver: ReceiveStream | undefined;
  /** In the scheduler's queue. */
  scheduled = false;
  /** In the queue of streams with control frames to send. */
  controlQueued = false;
  /** In the queue of streams that wait until more may be held. */
  waitsForRoom = false;
  /** Its source is not asked until more may be held. */
  sourceWaits = false;
  /** Waits for MAX_STREAM_DATA. */
  blocked = false;

  constructor(id: number, sender: SendStream | undefined, receiver: ReceiveStream | undefined) {
    this.id = id;
    this.sender = sender;
    this.receiver = receiver;
  }

  /** Both halves are over: nothing more will be said about this stream. */
  get finished(): boolean {
    return (
      (this.sender === undefined || this.sender.finished) &&
      (this.receiver === undefined || this.receiver.finished)
    );
  }
}
