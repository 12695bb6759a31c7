import type { PacketWriter } from '../packet/writer.ts';
import type { Stream } from './stream.ts';

/** Streams that owe RESET_STREAM, STOP_SENDING or MAX_STREAM_DATA. */
export class ControlQueue {
  private readonly streams: Stream[] = [];

  /** Queue the stream if it owes anything. */
  add(stream: Stream): void {
    if (stream.controlQueued || stream.parked || !stream.owesControl) return;
    stream.controlQueued = true;
    this.streams.push(stream);
  }

  get hasFrames(): boolean {
    return this.streams.length > 0;
  }

  /** Write what fits; a stream whose frames do not all fit stays. */
  write(packet: PacketWriter, nowUs: number, rttUs: number): void {
    const { streams } = this;
    while (streams.length > 0) {
      const stream = streams[streams.length - 1]!;
      if (!stream.parked && !stream.writeControl(packet, nowUs, rttUs)) return;
      stream.controlQueued = false;
      streams.pop();
    }
  }
}
