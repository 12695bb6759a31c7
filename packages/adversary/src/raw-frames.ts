import { ByteReader, ByteWriter, encodeVarint, concatBytes } from '@tsquic/bytes';
import {
  createAckFrame,
  createStreamFrame,
  decodeAck,
  decodeStream,
  FrameType,
} from '@tsquic/quic-core/wire';

/** A decoded frame: its integers in the order of RFC 9000 §19, and the bytes that it carries. */
export interface SeenFrame {
  readonly type: number;
  readonly values: readonly number[];
  readonly data: Uint8Array;
  /** Of a PATH_ACK frame, in whose values the path does not stand. */
  readonly pathId?: number;
  /** Counts of an ACK_ECN frame: ECT(0), ECT(1), CE. */
  readonly ecn?: readonly [ect0: number, ect1: number, ce: number];
}

/** Number of integers after the type, for frames that have no other fields. */
const INTEGERS: ReadonlyMap<number, number> = new Map([
  [FrameType.Ping, 0],
  [FrameType.ResetStream, 3],
  [FrameType.ResetStreamAt, 4],
  [FrameType.StopSending, 2],
  [FrameType.MaxData, 1],
  [FrameType.MaxStreamData, 2],
  [FrameType.MaxStreamsBidi, 1],
  [FrameType.MaxStreamsUni, 1],
  [FrameType.DataBlocked, 1],
  [FrameType.StreamDataBlocked, 2],
  [FrameType.StreamsBlockedBidi, 1],
  [FrameType.StreamsBlockedUni, 1],
  [FrameType.RetireConnectionId, 1],
  [FrameType.HandshakeDone, 0],
  [FrameType.ImmediateAck, 0],
  [FrameType.AckFrequency, 4],
  [FrameType.PathAbandon, 2],
  [FrameType.PathStatusBackup, 2],
  [FrameType.PathStatusAvailable, 2],
  [FrameType.PathRetireConnectionId, 2],
  [FrameType.MaxPathId, 1],
  [FrameType.PathsBlocked, 1],
  [FrameType.PathCidsBlocked, 2],
]);

/**
 * Every frame of a payload except PADDING. Throws an Error for a malformed one, which the side under test
 * must never send.
 */
export function readFrames(bytes: Uint8Array, from: number, to: number): SeenFrame[] {
  const reader = new ByteReader(bytes, from, to);
  const frames: SeenFrame[] = [];
  while (reader.remaining > 0) {
    const at = reader.position;
    const type = reader.varint();
    // A frame type must have the shortest encoding. RFC 9000 §12.4
    if (type < 64 && reader.position - at > 1) throw new Error(`frame type ${type} in more than one byte`);
    if (type !== FrameType.Padding) frames.push(readFrame(reader, type));
    if (reader.truncated) throw new Error(`frame 0x${type.toString(16)} is cut short`);
  }
  return frames;
}

function readFrame(reader: ByteReader, type: number): SeenFrame {
  const count = INTEGERS.get(type);
  if (count !== undefined)
    return { type, values: Array.from({ length: count }, () => reader.varint()), data: NONE };
  if (type >= FrameType.Stream && type < FrameType.MaxData) return readStream(reader, type);
  switch (type) {
    case FrameType.Ack:
    case FrameType.AckEcn:
    case FrameType.PathAck:
    case FrameType.PathAckEcn:
      return readAck(reader, type);
    case FrameType.Crypto: {
      const offset = reader.varint();
      return { type, values: [offset], data: reader.copy(reader.varint()) };
    }
    case FrameType.Datagram:
      return { type, values: [], data: reader.copy(reader.remaining) };
    case FrameType.DatagramWithLength:
    case FrameType.NewToken:
      return { type, values: [], data: reader.copy(reader.varint()) };
    case FrameType.NewConnectionId: {
      const values = [reader.varint(), reader.varint()];
      return { type, values, data: reader.copy(reader.u8() + 16) };
    }
    case FrameType.PathNewConnectionId: {
      const values = [reader.varint(), reader.varint(), reader.varint()];
      return { type, values, data: reader.copy(reader.u8() + 16) };
    }
    case FrameType.PathChallenge:
    case FrameType.PathResponse:
      return { type, values: [], data: reader.copy(8) };
    case FrameType.ConnectionClose: {
      const values = [reader.varint(), reader.varint()];
      return { type, values, data: reader.copy(reader.varint()) };
    }
    case FrameType.ApplicationClose: {
      const code = reader.varint();
      return { type, values: [code], data: reader.copy(reader.varint()) };
    }
    default:
      throw new Error(`unknown frame 0x${type.toString(16)}`);
  }
}

function readStream(reader: ByteReader, type: number): SeenFrame {
  const frame = createStreamFrame();
  decodeStream(reader, type, frame);
  return {
    type,
    values: [frame.streamId, frame.offset],
    data: reader.bytes.slice(frame.dataAt, frame.dataEnd),
  };
}

function readAck(reader: ByteReader, type: number): SeenFrame {
  const ack = createAckFrame();
  if (!decodeAck(reader, type, ack)) throw new Error('an ACK below zero');
  const values: number[] = [];
  for (let i = 0; i < ack.rangeCount; i++) values.push(ack.starts[i]!, ack.ends[i]!);
  return {
    type,
    values,
    data: NONE,
    ...(type >= FrameType.PathAck && { pathId: ack.pathId }),
    ...(ack.hasEcn && { ecn: [ack.ect0, ack.ect1, ack.ce] }),
  };
}

/** An encoded frame: type and integers as varints, then `data`. */
export function frame(type: number, integers: readonly number[] = [], data: Uint8Array = NONE): Uint8Array {
  return concatBytes(...[type, ...integers].map(encodeVarint), data);
}

/** A varint of eight bytes, for values above 2^53, given by its upper half and its lowest byte. */
export function hugeVarint(high: number, low = 0): Uint8Array {
  const bytes = new Uint8Array(8);
  const writer = new ByteWriter(bytes);
  writer.u32((0xc000_0000 | high) >>> 0);
  writer.u32(low);
  return bytes;
}

/** An ACK frame of exactly these packet numbers, which are in order: each gap ends a range. RFC 9000 §19.3 */
export function ackFrame(numbers: readonly number[]): Uint8Array {
  const ranges: [lowest: number, largest: number][] = [];
  for (let i = numbers.length - 1; i >= 0 && ranges.length < MOST_RANGES; i--) {
    const range = ranges.at(-1);
    if (range !== undefined && range[0] === numbers[i]! + 1) range[0]--;
    else if (range === undefined || range[0] > numbers[i]!) ranges.push([numbers[i]!, numbers[i]!]);
  }
  const [first, ...others] = ranges;
  if (first === undefined) throw new RangeError('an ACK of nothing');
  let below = first[0];
  const rest = others.flatMap(([lowest, largest]) => {
    const gap = below - largest - 2;
    below = lowest;
    return [gap, largest - lowest];
  });
  return frame(FrameType.Ack, [first[1], 0, others.length, first[1] - first[0], ...rest]);
}

/** A CRYPTO frame. */
export function cryptoFrame(offset: number, data: Uint8Array): Uint8Array {
  return frame(FrameType.Crypto, [offset, data.length], data);
}

/** A STREAM frame with offset and length. */
export function streamFrame(id: number, offset: number, data: Uint8Array, fin = false): Uint8Array {
  return frame(FrameType.Stream | 6 | (fin ? 1 : 0), [id, offset, data.length], data);
}

/** More ranges would not fit into a packet. */
const MOST_RANGES = 64;
const NONE = new Uint8Array(0);
