import { describe, expect, jest, test } from '@jest/globals';
import { toHex } from '@tsquic/bytes';
import { type FieldLine, QpackCode, QpackDecoder, QpackEncoder, QpackError } from '@tsquic/qpack';
import { covers } from '@tsquic/testing';
import fc from 'fast-check';
import { Exchange } from './exchange.ts';

const LINE: FieldLine = { name: 'x-trace', value: 'the same in every request' };

function started(settings = { maxTableCapacity: 4096, maxBlockedStreams: 10 }, options = {}): QpackEncoder {
  const encoder = new QpackEncoder(options);
  encoder.onSettings(settings);
  return encoder;
}

/** Encode a line on streams 0, 4 and so on, until it was inserted; returns the last section. */
function encodeTwice(encoder: QpackEncoder, line: FieldLine = LINE): Uint8Array {
  encoder.encode(0, [line]);
  return encoder.encode(4, [line]);
}

describe('an encoder', () => {
  test('before settings, and where they allow no table, says nothing on its stream', () => {
    covers('rfc9204-3.2.3-4');
    const unset = new QpackEncoder();
    const refused = started({ maxTableCapacity: 0, maxBlockedStreams: 10 });
    for (const encoder of [unset, refused]) {
      for (let i = 0; i < 5; i++) expect(encoder.encode(4 * i, [LINE])[0]).toBe(0);
      expect(encoder.takeInstructions()).toHaveLength(0);
    }
  });

  test.each([
    [100, 4096, '3f45'],
    [10_000, 4096, '3fe11f'],
  ])('of %d and %d bytes takes the smaller capacity', (theirs, ours, instruction) => {
    covers('rfc9204-3.2.3-1', 'rfc9204-4.3.1-1');
    const encoder = started({ maxTableCapacity: theirs, maxBlockedStreams: 1 }, { maxTableCapacity: ours });
    encodeTwice(encoder);
    expect(toHex(encoder.takeInstructions()).startsWith(instruction)).toBe(true);
  });

  test('settings after early data may not change the capacity that was used', () => {
    const encoder = started();
    encoder.onSettings({ maxTableCapacity: 4096, maxBlockedStreams: 0 });
    expect(() => encoder.onSettings({ maxTableCapacity: 4097, maxBlockedStreams: 10 })).toThrow(
      new QpackError(
        QpackCode.DecoderStreamError,
        'the table capacity of early data is not the one of the settings',
      ),
    );
    const late = started({ maxTableCapacity: 0, maxBlockedStreams: 0 });
    late.onSettings({ maxTableCapacity: 100, maxBlockedStreams: 1 });
    encodeTwice(late);
    expect(late.takeInstructions().length).toBeGreaterThan(0);
  });

  test('begins no instruction that the stream cannot carry', () => {
    covers('rfc9204-2.1.3-1');
    const free = started();
    encodeTwice(free);
    const { length } = free.takeInstructions();
    for (let room = 0; room < length; room++) {
      const encoder = started();
      for (let i = 0; i < 5; i++) encoder.encode(4 * i, [LINE], room);
      expect(encoder.takeInstructions().length).toBeLessThanOrEqual(room);
    }
    const encoder = started();
    for (let i = 0; i < 3; i++) encoder.encode(4 * i, [LINE], length);
    expect(encoder.takeInstructions()).toHaveLength(length);
  });

  test.each([
    { name: 'authorization', value: 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==' },
    { name: 'proxy-authorization', value: 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==' },
    { name: 'cookie', value: 'pin=1234' },
    { name: 'set-cookie', value: 'pin=1234' },
    { name: 'x-secret', value: 'a value of some length', sensitive: true },
    { name: ':method', value: 'GET', sensitive: true },
  ])('never indexes $name: $value', (line) => {
    covers('rfc9204-4.5.4-1', 'rfc9204-4.5.4-2', 'rfc9204-7.1.3-1', 'rfc9204-7.1.3-2');
    const encoder = started();
    const decoder = new QpackDecoder({ maxTableCapacity: 4096 });
    for (let i = 0; i < 4; i++) {
      const section = encoder.encode(4 * i, [line]);
      decoder.onEncoderStream(encoder.takeInstructions());
      expect(decoder.decode(4 * i, section)).toEqual({
        kind: 'fields',
        fields: [{ ...line, sensitive: true }],
      });
      expect(decoder.takeInstructions()).toHaveLength(0);
    }
  });

  test('indexes a long cookie', () => {
    const section = encodeTwice(started(), { name: 'cookie', value: 'session=0123456789abcdef0123456789' });
    expect(section).toHaveLength(3);
  });

  test('refuses characters that are no bytes before it changes anything', () => {
    const encoder = started();
    expect(() => encoder.encode(0, [LINE, { name: 'x', value: '\u20ac' }])).toThrow(RangeError);
    encoder.encode(0, [LINE]);
    expect(encoder.takeInstructions()).toHaveLength(0);
  });

  test('refers to nothing on a stream that the decoder has cancelled', () => {
    const encoder = started();
    encodeTwice(encoder);
    encoder.onDecoderStream(Uint8Array.of(1, 0x44));
    expect([encoder.encode(4, [LINE])[0], encoder.encode(8, [LINE])[0]]).toEqual([0, 2]);
  });

  test('keeps a part of an instruction that came before the settings', () => {
    const encoder = new QpackEncoder();
    // A Stream Cancellation of stream 8, and one of stream 100 in two parts. RFC 9204 §4.4.2
    encoder.onDecoderStream(Uint8Array.of(0x48, 0x7f));
    encoder.onSettings({ maxTableCapacity: 4096, maxBlockedStreams: 10 });
    encoder.onDecoderStream(Uint8Array.of(0x25));
    encodeTwice(encoder);
    encoder.onDecoderStream(Uint8Array.of(1));
    expect([8, 100, 104].map((id) => encoder.encode(id, [LINE])[0])).toEqual([0, 0, 2]);
  });

  test('remembers the last 256 cancellations, in no table that hashes the numbers of the peer', () => {
    const encoder = started();
    encodeTwice(encoder);
    encoder.onDecoderStream(Uint8Array.of(1));
    const refers = (streamId: number): boolean => encoder.encode(streamId, [LINE])[0] !== 0;
    const cancelled = Array.from({ length: 300 }, (_, at) => 8 + 4 * at);
    const decoder = new QpackDecoder({ maxTableCapacity: 4096 });
    const instructions = cancelled.map((id) => {
      decoder.cancelStream(id);
      return decoder.takeInstructions();
    });
    const spies = [jest.spyOn(Set.prototype, 'add'), jest.spyOn(Map.prototype, 'set')];
    for (const instruction of instructions) encoder.onDecoderStream(instruction);
    const stored = spies.map((spy) => spy.mock.calls.length);
    jest.restoreAllMocks();
    expect(stored).toEqual([0, 0]);
    expect(cancelled.map(refers)).toEqual(cancelled.map((_, at) => at < 44));
    expect(refers(4)).toBe(true);
  });

  test('a peer that acknowledges nothing makes it store no more than a bound', () => {
    const encoder = started({ maxTableCapacity: 4096, maxBlockedStreams: 100 });
    encodeTwice(encoder);
    encoder.onDecoderStream(Uint8Array.of(1));
    let referring = 0;
    for (let id = 8; id < 8 + 4 * 9000; id += 4) if (encoder.encode(id, [LINE])[0] !== 0) referring++;
    expect(referring).toBeGreaterThan(8000);
    expect(referring).toBeLessThanOrEqual(8192);
  });
});

/** What happens between two ends, in any order; the numbers draw streams and pieces. */
type Step = readonly [kind: 'encode' | 'section' | 'instructions' | 'answers' | 'cancel', draw: number];

const steps = fc.array(
  fc.tuple(
    fc.constantFrom('encode', 'encode', 'section', 'instructions', 'answers', 'cancel') as fc.Arbitrary<
      Step[0]
    >,
    fc.nat(1000),
  ),
  { minLength: 20, maxLength: 300 },
);

/** Few names and values, so that they come again; some are static, some large, some sensitive. */
const lines = fc.array(
  fc.oneof(
    fc.record({
      name: fc.constantFrom('x-a', 'x-b', 'cookie', 'etag'),
      value: fc.constantFrom('', '1', 'long'.repeat(9)),
    }),
    fc.record({ name: fc.constantFrom('x-a', 'server'), value: fc.nat(12).map((n) => `${n}`.repeat(20)) }),
    fc.constant({ name: ':method', value: 'GET' }),
  ),
  { maxLength: 6 },
);

test.each([
  [0, 0],
  [64, 0],
  [64, 3],
  [200, 1],
  [400, 0],
  [400, 4],
  [4096, 8],
])(
  'with %d bytes and %d blocked streams every section is decoded, in any order of arrival',
  (capacity, blocked) => {
    // The decoder ends a connection on which a limit is exceeded, or an entry evicted that a section refers to.
    covers('rfc9204-2.1-2', 'rfc9204-2.1.1-1', 'rfc9204-2.1.2-1', 'rfc9204-3.2.2-1', 'rfc9204-4.3.1-3');
    let referring = 0;
    fc.assert(
      fc.property(steps, fc.array(lines, { minLength: 1, maxLength: 20 }), (moves, sections) => {
        const exchange = new Exchange(capacity, blocked);
        for (const [kind, draw] of moves) {
          if (kind === 'encode') exchange.encode(draw, sections[draw % sections.length]!);
          else if (kind === 'section') exchange.section(draw);
          else if (kind === 'instructions') exchange.arriveInstructions(draw);
          else if (kind === 'answers') exchange.arriveAnswers(draw);
          else exchange.cancel(draw);
        }
        exchange.finish();
        referring += exchange.referring;
      }),
      { seed: capacity + blocked, numRuns: 150 },
    );
    if (capacity > 64) expect(referring).toBeGreaterThan(100);
    if (capacity === 0) expect(referring).toBe(0);
  },
);
