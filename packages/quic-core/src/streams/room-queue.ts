import type { Stream } from './stream.ts';

/** Streams are looked at in turns of this many. */
const LOOKS = 128;

/** Streams whose programs wait for `stream-writable`, or whose sources are not asked until more may be held. */
export class RoomQueue {
  private readonly queue: Stream[] = [];

  add(stream: Stream): void {
    if (stream.waitsForRoom) return;
    stream.waitsForRoom = true;
    this.queue.push(stream);
  }

  /** Those who have room go on, the longest waiting first; the others wait on. */
  give(connectionLeft: number, schedule: (stream: Stream) => void, tell: (stream: Stream) => void): void {
    const { queue } = this;
    for (let looks = Math.min(queue.length, LOOKS); looks > 0; looks--) {
      const stream = queue.shift()!;
      const sender = stream.sender!;
      stream.waitsForRoom = false;
      if (sender.isWritable(connectionLeft)) {
        sender.wantsWritable = false;
        tell(stream);
      }
      if (stream.sourceWaits && !sender.waitsForMemory) {
        stream.sourceWaits = false;
        schedule(stream);
      }
      if ((sender.wantsWritable && sender.mayWrite) || stream.sourceWaits) this.add(stream);
    }
  }
}
