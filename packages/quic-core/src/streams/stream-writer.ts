import { encodeLimit } from '../frame/flow.ts';
import { FrameType } from '../frame/rules.ts';
import type { PacketWriter } from '../packet/writer.ts';
import { Fact } from '../recovery/fact-kind.ts';
import type { Streams } from './streams.ts';

/** Writes the frames of all streams, and of the flow control around them, into packets. */
export class StreamWriter {
  private readonly streams: Streams;

  constructor(streams: Streams) {
    this.streams = streams;
  }

  /** Whether anything would be written into a packet with room. */
  get hasFrames(): boolean {
    const { streams } = this;
    return (
      streams.hasTurns ||
      streams.control.length > 0 ||
      streams.maxDataPending ||
      streams.bidirectional.pending ||
      streams.unidirectional.pending
    );
  }

  /** Limits, resets and stop requests. */
  writeControl(packet: PacketWriter, nowUs: number, rttUs: number): void {
    const { streams } = this;
    if (streams.maxDataPending) {
      const limit = streams.receiveWindow.advance(nowUs, rttUs);
      if (encodeLimit(packet.frames, FrameType.MaxData, limit)) {
        streams.maxDataPending = false;
        packet.addFact(Fact.MaxData);
      }
    }
    this.writeMaxStreams(packet, false);
    this.writeMaxStreams(packet, true);
    const { control } = streams;
    while (control.length > 0) {
      const stream = control[control.length - 1]!;
      if (stream.sender?.hasReset === true && !stream.sender.writeReset(packet)) return;
      if (stream.receiver?.hasControl === true && !stream.receiver.writeControl(packet, nowUs, rttUs)) return;
      stream.controlQueued = false;
      control.pop();
    }
  }

  /** Stream data, each stream in its turn, until the packet is full. */
  writeData(packet: PacketWriter): void {
    const { streams } = this;
    if (!streams.hasTurns) return;
    // Taken back by a source, too, that gives another stream something to send while this packet is filled.
    streams.waitsForMaxData = true;
    if (!this.takeTurns(packet) || !this.writeDataBlocked(packet)) streams.waitsForMaxData = false;
  }

  /** Returns whether streams are left, and only the connection's limit holds them all back. */
  private takeTurns(packet: PacketWriter): boolean {
    const { scheduler, sendLimit } = this.streams;
    let connectionBlocked = false;
    for (let turns = scheduler.size; turns > 0; turns--) {
      const sender = scheduler.first()!.sender!;
      sendLimit.used += sender.writeData(packet, sendLimit.left);
      if (sender.hasData(sendLimit.left)) {
        // The packet is full: the others come first next time.
        scheduler.rotate();
        return false;
      }
      if (sender.isBlocked) sender.writeBlocked(packet);
      if (sender.isBlocked || !sender.hasData(Infinity)) scheduler.removeFirst();
      else {
        // Only the connection's limit holds this one back; others may have lost bytes to repeat.
        connectionBlocked = true;
        scheduler.rotate();
      }
    }
    return connectionBlocked;
  }

  private writeMaxStreams(packet: PacketWriter, unidirectional: boolean): void {
    const counts = this.streams.counts(unidirectional);
    if (!counts.pending) return;
    const type = unidirectional ? FrameType.MaxStreamsUni : FrameType.MaxStreamsBidi;
    if (!encodeLimit(packet.frames, type, counts.advance())) return;
    counts.pending = false;
    packet.addFact(Fact.MaxStreams, unidirectional ? 1 : 0);
  }

  /** DATA_BLOCKED, once for each limit; false when it does not fit. RFC 9000 §4.1 */
  private writeDataBlocked(packet: PacketWriter): boolean {
    const { sendLimit } = this.streams;
    if (sendLimit.blockedAt === sendLimit.limit) return true;
    if (!encodeLimit(packet.frames, FrameType.DataBlocked, sendLimit.limit)) return false;
    sendLimit.blockedAt = sendLimit.limit;
    packet.addFact(Fact.Blocked);
    return true;
  }
}
