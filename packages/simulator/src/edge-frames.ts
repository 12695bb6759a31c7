import { concatBytes, fromHex } from '@tsquic/bytes';
import { pick, type Random, randomBytes } from './random.ts';

/** The fields that may follow a frame type, as in RFC 9000 §19. */
type Field =
  /** An integer. */
  | 'integer'
  /** A stream ID. */
  | 'stream'
  /** A length, and as many bytes; the length is sometimes wrong. */
  | 'data'
  /** Bytes to the end of the packet. */
  | 'rest'
  /** So many bytes. */
  | number;

interface Shape {
  readonly type: number;
  readonly fields: readonly Field[];
}

/**
 * Every frame type of RFC 9000, RFC 9221, draft-ietf-quic-ack-frequency, draft-ietf-quic-reliable-stream-reset and
 * draft-ietf-quic-multipath, all forms of STREAM, and some undefined types.
 */
export const FRAME_SHAPES: readonly Shape[] = [
  { type: 0x00, fields: [] },
  { type: 0x01, fields: [] },
  { type: 0x02, fields: ['integer', 'integer', 'integer', 'integer', 'integer', 'integer'] },
  { type: 0x02, fields: ['integer', 'integer', 'integer', 'integer'] },
  { type: 0x03, fields: ['integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer'] },
  { type: 0x04, fields: ['stream', 'integer', 'integer'] },
  { type: 0x05, fields: ['stream', 'integer'] },
  { type: 0x06, fields: ['integer', 'data'] },
  { type: 0x07, fields: ['data'] },
  { type: 0x08, fields: ['stream', 'rest'] },
  { type: 0x09, fields: ['stream', 'rest'] },
  { type: 0x0a, fields: ['stream', 'data'] },
  { type: 0x0b, fields: ['stream', 'data'] },
  { type: 0x0c, fields: ['stream', 'integer', 'rest'] },
  { type: 0x0d, fields: ['stream', 'integer', 'rest'] },
  { type: 0x0e, fields: ['stream', 'integer', 'data'] },
  { type: 0x0f, fields: ['stream', 'integer', 'data'] },
  { type: 0x10, fields: ['integer'] },
  { type: 0x11, fields: ['stream', 'integer'] },
  { type: 0x12, fields: ['integer'] },
  { type: 0x13, fields: ['integer'] },
  { type: 0x14, fields: ['integer'] },
  { type: 0x15, fields: ['stream', 'integer'] },
  { type: 0x16, fields: ['integer'] },
  { type: 0x17, fields: ['integer'] },
  { type: 0x18, fields: ['integer', 'integer', 0x14, 16] },
  { type: 0x18, fields: ['integer', 'integer', 'data', 16] },
  { type: 0x19, fields: ['integer'] },
  { type: 0x1a, fields: [8] },
  { type: 0x1b, fields: [8] },
  { type: 0x1c, fields: ['integer', 'integer', 'data'] },
  { type: 0x1d, fields: ['integer', 'data'] },
  { type: 0x1e, fields: [] },
  { type: 0x1f, fields: [] },
  { type: 0xaf, fields: ['integer', 'integer', 'integer', 'integer'] },
  { type: 0x21, fields: [] },
  { type: 0x24, fields: ['stream', 'integer', 'integer', 'integer'] },
  { type: 0x30, fields: ['rest'] },
  { type: 0x31, fields: ['data'] },
  { type: 0x3e, fields: ['integer', 'integer', 'integer', 'integer', 'integer'] },
  {
    type: 0x3f,
    fields: ['integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer'],
  },
  { type: 0x3e75, fields: ['integer', 'integer'] },
  { type: 0x3e76, fields: ['integer', 'integer'] },
  { type: 0x3e77, fields: ['integer', 'integer'] },
  { type: 0x3e78, fields: ['integer', 'integer', 'integer', 'data', 16] },
  { type: 0x3e79, fields: ['integer', 'integer'] },
  { type: 0x3e7a, fields: ['integer'] },
  { type: 0x3e7b, fields: ['integer'] },
  { type: 0x3e7c, fields: ['integer', 'integer'] },
  { type: 0x40, fields: ['integer'] },
  { type: 0x3fff, fields: ['integer'] },
];

/**
 * Integers at the edges: of each length, at powers of two, the largest that a double holds, the largest of
 * all.
 */
const EDGE_INTEGERS: readonly Uint8Array[] = [
  '00',
  '01',
  '02',
  '3f',
  // An encoding that is longer than necessary, which RFC 9000 §16 allows.
  '4000',
  '80000001',
  'c000000000000004',
  '4040',
  '4400',
  '7fff',
  '80004000',
  '80010000',
  'bfffffff',
  'c000000040000000',
  'c00000007fffffff',
  'c0000000ffffffff',
  'c01fffffffffffff',
  'c020000000000000',
  'ffffffffffffffff',
].map(fromHex);

/** A frame of any type, with integers at the edges or small ones, mostly well-formed. */
export function createEdgeFrame(random: Random): Uint8Array {
  const { type, fields } = pick(random, FRAME_SHAPES);
  const typeBytes = type < 0x40 ? Uint8Array.of(type) : Uint8Array.of(0x40 | (type >> 8), type);
  return concatBytes(typeBytes, ...fields.map((field) => encodeField(field, random)));
}

/** An encoded integer. */
export function createEdgeInteger(random: Random): Uint8Array {
  return random.chance(0.5) ? Uint8Array.of(random.integer(64)) : pick(random, EDGE_INTEGERS);
}

function encodeField(field: Field, random: Random): Uint8Array {
  switch (field) {
    case 'integer':
      return createEdgeInteger(random);
    case 'stream':
      // Nearly always a stream that is open, or could be opened.
      return random.chance(0.8) ? Uint8Array.of(random.integer(24)) : pick(random, EDGE_INTEGERS);
    case 'data': {
      const data = randomBytes(random.integer(40), random);
      const length = random.chance(0.9) ? Uint8Array.of(data.length) : createEdgeInteger(random);
      return concatBytes(length, data);
    }
    case 'rest':
      return randomBytes(random.integer(100), random);
    default:
      return randomBytes(field, random);
  }
}
