import { ByteReader, ByteWriter, encodeVarint, concatBytes } from '@tsquic/bytes';
import {
  createAckFrame,
  createStreamFrame,
  decodeAck,
  decodeStream,
  FrameType,
} from '@tsquic/quic-core/wire';

/** A frame as it was sent: its integers in the order of RFC 9000 §19, and the bytes that it carries. */
export interface SeenFrame {
  readonly type: number;
  readonly values: readonly number[];
  readonly data: Uint8Array;
}

/** Integers that follow the type of frames made of nothing else. */
const INTEGERS: ReadonlyMap<number, number> = new Map([
  [FrameType.Ping, 0],
  [FrameType.ResetStream, 3],
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
]);

/** Every frame of a payload but PADDING. Throws an Error for one that is malformed: our own side never sends such. */
export function readFrames(bytes: Uint8Array, from: number, to: number): SeenFrame[] {
  const reader = new ByteReader(bytes, from, to);
  const frames: SeenFrame[] = [];
  while (reader.remaining > 0) {
    const type = reader.varint();
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
      return readAck(reader, type);
    case FrameType.Crypto: {
      const offset = reader.varint();
      return { type, values: [offset], data: reader.copy(reader.varint()) };
    }
    case FrameType.NewToken:
      return { type, values: [], data: reader.copy(reader.varint()) };
    case FrameType.NewConnectionId: {
      const values = [reader.varint(), reader.varint()];
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
  return { type, values, data: NONE };
}

/** A frame's bytes: type and integers as varints, then `data` as it is. */
export function frame(type: number, integers: readonly number[] = [], data: Uint8Array = NONE): Uint8Array {
  return concatBytes(...[type, ...integers].map(encodeVarint), data);
}

/** A varint in eight bytes of which only the upper half and the lowest may be given: for values above 2^53. */
export function hugeVarint(high: number, low = 0): Uint8Array {
  const bytes = new Uint8Array(8);
  const writer = new ByteWriter(bytes);
  writer.u32((0xc000_0000 | high) >>> 0);
  writer.u32(low);
  return bytes;
}

/** An ACK of these packet numbers, which stand in order, and of no others: each gap is a range. RFC 9000 §19.3 */
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

/** More would not fit into a packet. */
const MOST_RANGES = 64;
const NONE = new Uint8Array(0);
