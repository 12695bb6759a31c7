import { type ByteReader, type ByteWriter, varintLength } from '@tsquic/bytes';
import { FrameType } from './rules.ts';

/**
 * ACK frame, RFC 9000 §19.3, and PATH_ACK, which names a path before the same fields. Ranges are absolute and inclusive, newest first: range `i` is
 * `starts[i]..ends[i]`. The record belongs to the decoder, which refills it for every frame.
 */
export interface AckFrame {
  /** Of the packets that are acknowledged: 0 in an ACK frame. draft-ietf-quic-multipath §4.1 */
  pathId: number;
  largest: number;
  /** ACK Delay as in the frame, in units of the peer's ack_delay_exponent. */
  rawDelay: number;
  rangeCount: number;
  starts: Float64Array;
  ends: Float64Array;
  hasEcn: boolean;
  ect0: number;
  ect1: number;
  ce: number;
}

/** An empty record for a decoder to refill. */
export function createAckFrame(): AckFrame {
  return {
    pathId: 0,
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
  out.pathId = type >= FrameType.PathAck ? reader.varint() : 0;
  out.largest = reader.varint();
  out.rawDelay = reader.varint();
  const count = reader.varint();
  let end = out.largest;
  let start = end - reader.varint();
  // Each range takes at least two bytes, so that an impossible count is refused here and no memory is
  // reserved for it.
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
  out.hasEcn = type === FrameType.AckEcn || type === FrameType.PathAckEcn;
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

/** The ranges of received numbers that an ACK frame reports, newest last, as `IntervalSet` keeps them. */
export interface AckRanges {
  readonly count: number;
  /** First number of the range, inclusive. */
  startAt(index: number): number;
  /** End of the range, exclusive. */
  endAt(index: number): number;
}

export interface EcnCounts {
  ect0: number;
  ect1: number;
  ce: number;
}

/**
 * Write an ACK frame with as many ranges as fit into the writer, the newest first; returns how many ranges
 * were written, 0 when not even one fits.
 *
 * @param ecn - counts to report, or undefined for a frame without them.
 * @param from - ranges that end below this are known to the peer, and left out. RFC 9000 §13.2.4
 * @param pathId - the path of the packets, in a PATH_ACK frame; -1 for an ACK frame, which means path 0.
 */
export function encodeAck(
  writer: ByteWriter,
  ranges: AckRanges,
  rawDelay: number,
  ecn: EcnCounts | undefined,
  from: number = 0,
  pathId: number = -1,
): number {
  const last = ranges.count - 1;
  const largest = ranges.endAt(last) - 1;
  const firstLength = largest - ranges.startAt(last);
  const ecnLength =
    ecn === undefined ? 0 : varintLength(ecn.ect0) + varintLength(ecn.ect1) + varintLength(ecn.ce);
  // The range count takes at most two bytes, because fewer ranges than that are kept.
  let room =
    writer.room -
    1 -
    varintLength(largest) -
    varintLength(rawDelay) -
    2 -
    varintLength(firstLength) -
    ecnLength -
    (pathId < 0 ? 0 : varintLength(pathId));
  if (room < 0) return 0;
  let extra = 0;
  for (let i = last - 1; i >= 0 && ranges.endAt(i) > from; i--) {
    const gap = ranges.startAt(i + 1) - ranges.endAt(i) - 1;
    room -= varintLength(gap) + varintLength(ranges.endAt(i) - 1 - ranges.startAt(i));
    if (room < 0) break;
    extra++;
  }
  if (pathId < 0) writer.u8(ecn === undefined ? FrameType.Ack : FrameType.AckEcn);
  else {
    writer.u8(ecn === undefined ? FrameType.PathAck : FrameType.PathAckEcn);
    writer.varint(pathId);
  }
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
