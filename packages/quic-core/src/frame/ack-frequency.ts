import { type ByteReader, type ByteWriter, varintLength } from '@tsquic/bytes';
import { FrameType } from './rules.ts';

/**
 * ACK_FREQUENCY frame: how the sender of the frame wants its packets acknowledged.
 * draft-ietf-quic-ack-frequency §4
 */
export interface AckFrequencyFrame {
  /** Grows from frame to frame; a frame with a smaller number than one before is ignored. */
  sequence: number;
  /**
   * How many ack-eliciting packets may come without an ACK frame; the next one is acknowledged immediately.
   */
  threshold: number;
  /** Requested max_ack_delay, microseconds. */
  maxAckDelayUs: number;
  /** By how many numbers a packet may be late before the gap is reported at once; 0 for never. */
  reordering: number;
}

/** The values of the frame at the reader, which stands just after the type. */
export function decodeAckFrequency(reader: ByteReader): AckFrequencyFrame {
  const sequence = reader.varint();
  const threshold = reader.varint();
  const maxAckDelayUs = reader.varint();
  return { sequence, threshold, maxAckDelayUs, reordering: reader.varint() };
}

/** Write ACK_FREQUENCY; false when it does not fit. */
export function encodeAckFrequency(writer: ByteWriter, frame: AckFrequencyFrame): boolean {
  const { sequence, threshold, maxAckDelayUs, reordering } = frame;
  const values = [FrameType.AckFrequency, sequence, threshold, maxAckDelayUs, reordering];
  if (writer.room < values.reduce((sum, value) => sum + varintLength(value), 0)) return false;
  for (const value of values) writer.varint(value);
  return true;
}
