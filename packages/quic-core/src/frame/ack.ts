import { type ByteReader, type ByteWriter, varintLength } from '@tsquic/bytes';
import { FrameType } from './rules.ts';

/**
 * ACK frame, RFC 9000 §19.3. Ranges are absolute and inclusive, newest first: range `i` is
 * `starts[i]..ends[i]`. The record is owned by the decoder and refilled for every frame.
 */
export interface AckFrame {
  largest: number;
  /** As on the wire: in units of the peer's ack_delay_exponent. */
  rawDelay: number;
  rangeCount: number;
  starts: Float64Array;
  ends: Float64Array;
  hasEcn: boolean;
  ect0: number;
  ect1: number;
  ce: number;
}

/** A blank frame for a decoder to own and refill. */
export function createAckFrame(): AckFrame {
  return {
    largest: 0,
    rawDelay: 0,
    rangeCount: 0,
    starts: new Float64Array(32),
    ends: new Float64Array(32),
    hasEcn: false,
    ect0: 0,
    ect1: 0,
    ce: 0,
  };
}

/**
 * Fill `out` from the reader, which stands just after `type`. False when a range would fall below
 * packet number 0: FRAME_ENCODING_ERROR (RFC 9000 §19.3.1).
 */
export function decodeAck(reader: ByteReader, type: number, out: AckFrame): boolean {
  out.largest = reader.varint();
  out.rawDelay = reader.varint();
  const count = reader.varint();
  let end = out.largest;
  let start = end - reader.varint();
  // Two bytes at least are needed for each range, so a huge count ends here and reserves nothing.
  if (start < 0 || count * 2 > reader.remaining) return failUnlessTruncated(reader, start, count);
  out.rangeCount = 0;
  pushRange(out, start, end);
  for (let i = 0; i < count; i++) {
    end = start - reader.varint() - 2;
    start = end - reader.varint();
    if (reader.truncated) return true;
    if (start < 0) return false;
    pushRange(out, start, end);
  }
  out.hasEcn = type === FrameType.AckEcn;
  out.ect0 = out.hasEcn ? reader.varint() : 0;
  out.ect1 = out.hasEcn ? reader.varint() : 0;
  out.ce = out.hasEcn ? reader.varint() : 0;
  return true;
}

function failUnlessTruncated(reader: ByteReader, start: number, count: number): boolean {
  if (start < 0 && !reader.truncated) return false;
  if (count * 2 > reader.remaining) reader.skip(reader.remaining + 1);
  return true;
}

function pushRange(out: AckFrame, start: number, end: number): void {
  if (out.rangeCount === out.starts.length) {
    out.starts = doubled(out.starts);
    out.ends = doubled(out.ends);
  }
  out.starts[out.rangeCount] = start;
  out.ends[out.rangeCount] = end;
  out.rangeCount++;
}

function doubled(values: Float64Array): Float64Array {
  const grown = new Float64Array(values.length * 2);
  grown.set(values);
  return grown;
}

/** What an ACK needs to be written: ranges of received numbers, newest last, as `IntervalSet` keeps them. */
export interface AckRanges {
  readonly count: number;
  /** Inclusive. */
  startAt(index: number): number;
  /** Exclusive. */
  endAt(index: number): number;
}

export interface EcnCounts {
  ect0: number;
  ect1: number;
  ce: number;
}

/**
 * Write an ACK of as many ranges as fit into the writer, the newest always; returns how many ranges were
 * written, 0 when not even one fits.
 *
 * @param ecn - counts to report, or undefined for a plain ACK.
 * @param from - ranges that end below are known to the peer, and left out. RFC 9000 §13.2.4
 */
export function encodeAck(
  writer: ByteWriter,
  ranges: AckRanges,
  rawDelay: number,
  ecn: EcnCounts | undefined,
  from: number = 0,
): number {
  const last = ranges.count - 1;
  const largest = ranges.endAt(last) - 1;
  const firstLength = largest - ranges.startAt(last);
  const ecnLength =
    ecn === undefined ? 0 : varintLength(ecn.ect0) + varintLength(ecn.ect1) + varintLength(ecn.ce);
  // Two bytes hold the range count: we never keep more ranges than that.
  let room =
    writer.room -
    1 -
    varintLength(largest) -
    varintLength(rawDelay) -
    2 -
    varintLength(firstLength) -
    ecnLength;
  if (room < 0) return 0;
  let extra = 0;
  for (let i = last - 1; i >= 0 && ranges.endAt(i) > from; i--) {
    const gap = ranges.startAt(i + 1) - ranges.endAt(i) - 1;
    room -= varintLength(gap) + varintLength(ranges.endAt(i) - 1 - ranges.startAt(i));
    if (room < 0) break;
    extra++;
  }
  writer.u8(ecn === undefined ? FrameType.Ack : FrameType.AckEcn);
  writer.varint(largest);
  writer.varint(rawDelay);
  writer.varint(extra);
  writer.varint(firstLength);
  for (let i = last - 1; i >= last - extra; i--) {
    writer.varint(ranges.startAt(i + 1) - ranges.endAt(i) - 1);
    writer.varint(ranges.endAt(i) - 1 - ranges.startAt(i));
  }
  if (ecn !== undefined) {
    writer.varint(ecn.ect0);
    writer.varint(ecn.ect1);
    writer.varint(ecn.ce);
  }
  return extra + 1;
}
