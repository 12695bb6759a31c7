import { concatBytes, encodeVarint } from '@tsquic/bytes';
import type { QuicConnection, QuicStream } from '@tsquic/quic-core';
import { type FieldLine, QpackEncoder } from '@tsquic/qpack';

/** A frame with any type and payload. */
export function frame(type: number, ...payload: readonly Uint8Array[]): Uint8Array {
  const bytes = concatBytes(...payload);
  return concatBytes(encodeVarint(type), encodeVarint(bytes.length), bytes);
}

/** A HEADERS frame, encoded without a dynamic table; fields as `name: value`. */
export function headers(...fields: readonly string[]): Uint8Array {
  return frame(0x01, section(...fields));
}

/** An encoded field section of `name: value`, whatever those are. */
export function section(...fields: readonly string[]): Uint8Array {
  return new QpackEncoder().encode(0, fields.map(lineOf));
}

/** `name: value`; the name may begin with a colon. */
function lineOf(text: string): FieldLine {
  const colon = text.indexOf(': ', 1);
  return { name: text.slice(0, colon), value: text.slice(colon + 2) };
}

/** A DATA frame. */
export function data(length: number): Uint8Array {
  return frame(0x00, new Uint8Array(length).fill(0x61));
}

/** A frame with one integer. */
export function identifier(type: number, id: number): Uint8Array {
  return frame(type, encodeVarint(id));
}

/** A SETTINGS frame of these values. */
export function settings(...values: readonly (readonly [id: number, value: number])[]): Uint8Array {
  return frame(0x04, ...values.flatMap(([id, value]) => [encodeVarint(id), encodeVarint(value)]));
}

/** What a plain GET has. */
export const GET_FIELDS = [':method: GET', ':scheme: https', ':authority: test.example', ':path: /'] as const;

/** One side of a connection that sends what a test says. */
export class Hand {
  readonly connection: QuicConnection;

  constructor(connection: QuicConnection) {
    this.connection = connection;
  }

  /** Open a unidirectional stream of this type and write to it. */
  uni(type: number, ...bytes: readonly Uint8Array[]): QuicStream {
    return this.open(true, encodeVarint(type), ...bytes);
  }

  /** Open a control stream, with SETTINGS first. */
  control(...bytes: readonly Uint8Array[]): QuicStream {
    return this.uni(0x00, settings(), ...bytes);
  }

  /** Open a bidirectional stream and write to it. */
  bidi(...bytes: readonly Uint8Array[]): QuicStream {
    return this.open(false, ...bytes);
  }

  /** The same, and end it. */
  complete(...bytes: readonly Uint8Array[]): QuicStream {
    const stream = this.bidi(...bytes);
    stream.write(new Uint8Array(0), true);
    return stream;
  }

  private open(unidirectional: boolean, ...bytes: readonly Uint8Array[]): QuicStream {
    const stream = this.connection.openStream({ unidirectional });
    if (stream === undefined) throw new Error('no stream may be opened');
    const all = concatBytes(...bytes);
    if (stream.write(all) < all.length) throw new Error('not all was taken');
    return stream;
  }
}
