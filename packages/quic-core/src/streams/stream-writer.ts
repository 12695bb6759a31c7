import { encodeLimit } from '../frame/flow.ts';
import { FrameType } from '../frame/rules.ts';
import type { PacketWriter } from '../packet/writer.ts';
import { Fact } from '../recovery/fact-kind.ts';
import type { StreamCounts } from './stream-counts.ts';
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
      owesFrames(streams.bidirectional) ||
      owesFrames(streams.unidirectional)
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
    if (owesFrames(streams.bidirectional)) this.writeCounts(packet, false);
    if (owesFrames(streams.unidirectional)) this.writeCounts(packet, true);
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
    const { streams } = this;
    const { scheduler, sendLimit } = streams;
    let connectionBlocked = false;
    for (let turns = scheduler.size; turns > 0; turns--) {
      const stream = scheduler.first()!;
      const sender = stream.sender!;
      sendLimit.used += sender.writeData(packet, sendLimit.left);
      if (sender.hasData(sendLimit.left)) {
        // The packet is full: the others come first next time.
        scheduler.rotate();
        return false;
      }
      const { isBlocked } = sender;
      if (isBlocked && !sender.writeBlocked(packet)) return false;
      streams.setBlocked(stream, isBlocked);
      if (isBlocked || !sender.hasData(Infinity)) {
        scheduler.removeFirst();
        if (sender.waitsForMemory) {
          stream.sourceWaits = true;
          streams.room.add(stream);
        }
      } else {
        // Only the connection's limit holds this one back; others may have lost bytes to repeat.
        connectionBlocked = true;
        scheduler.rotate();
      }
    }
    return connectionBlocked;
  }

  /** MAX_STREAMS for the peer's streams, STREAMS_BLOCKED for ours. RFC 9000 §4.6 */
  private writeCounts(packet: PacketWriter, unidirectional: boolean): void {
    const counts = this.streams.counts(unidirectional);
    if (counts.pending) {
      const type = unidirectional ? FrameType.MaxStreamsUni : FrameType.MaxStreamsBidi;
      if (!encodeLimit(packet.frames, type, counts.advance())) return;
      counts.pending = false;
      packet.addFact(Fact.MaxStreams, unidirectional ? 1 : 0);
    }
    if (counts.blockedPending) {
      const type = unidirectional ? FrameType.StreamsBlockedUni : FrameType.StreamsBlockedBidi;
      const { local } = counts;
      if (!encodeLimit(packet.frames, type, local.limit)) return;
      local.blockedAt = local.limit;
      packet.addFact(Fact.Blocked, type, 0, local.limit);
    }
  }

  /** DATA_BLOCKED, once for each limit; false when it does not fit. RFC 9000 §4.1 */
  private writeDataBlocked(packet: PacketWriter): boolean {
    const { sendLimit } = this.streams;
    if (sendLimit.blockedAt === sendLimit.limit) return true;
    if (!encodeLimit(packet.frames, FrameType.DataBlocked, sendLimit.limit)) return false;
    sendLimit.blockedAt = sendLimit.limit;
    packet.addFact(Fact.Blocked, FrameType.DataBlocked, 0, sendLimit.limit);
    return true;
  }
}

/** MAX_STREAMS or STREAMS_BLOCKED must be sent. */
function owesFrames(counts: StreamCounts): boolean {
  return counts.pending || counts.blockedPending;
}
