import { describe, expect, test } from '@jest/globals';
import { fromHex, toHex } from '@tsquic/bytes';
import { type FieldLine, QpackDecoder } from '@tsquic/qpack';
import { covers } from '@tsquic/testing';

const AUTHORITY: FieldLine = { name: ':authority', value: 'www.example.com' };
const PATH: FieldLine = { name: ':path', value: '/sample/path' };
const CUSTOM: FieldLine = { name: 'custom-key', value: 'custom-value' };

/** The exchanges of RFC 9204 §B, in which the decoder has a table of 220 bytes. */
describe('the examples of RFC 9204', () => {
  const fields = (...lines: readonly FieldLine[]): object => ({ kind: 'fields', fields: lines });
  const started = (): QpackDecoder => new QpackDecoder({ maxTableCapacity: 220, maxBlockedStreams: 2 });

  test('B.1: a literal with a static name', () => {
    const section = started().decode(0, fromHex('0000510b2f696e6465782e68746d6c'));
    expect(section).toEqual(fields({ name: ':path', value: '/index.html' }));
  });

  test('B.2 to B.5: the dynamic table, speculative insertion, duplicate, cancellation, eviction', () => {
    covers('rfc9204-2.2.2.1-1', 'rfc9204-2.2-1', 'rfc9204-3.2-1');
    const decoder = started();
    decoder.onEncoderStream(
      fromHex('3fbd01 c00f7777772e6578616d706c652e636f6d c10c2f73616d706c652f70617468'),
    );
    expect(decoder.decode(4, fromHex('03811011'))).toEqual(fields(AUTHORITY, PATH));
    expect(toHex(decoder.takeInstructions())).toBe('84');

    decoder.onEncoderStream(fromHex('4a637573746f6d2d6b65790c637573746f6d2d76616c7565'));
    expect(toHex(decoder.takeInstructions())).toBe('01');

    expect(decoder.decode(8, fromHex('050080c181'))).toEqual({ kind: 'blocked' });
    decoder.cancelStream(8);
    expect(toHex(decoder.takeInstructions())).toBe('48');
    decoder.onEncoderStream(fromHex('02'));
    expect(decoder.nextUnblocked()).toBeUndefined();
    expect(decoder.decode(12, fromHex('050080c181'))).toEqual(
      fields(AUTHORITY, { name: ':path', value: '/' }, CUSTOM),
    );
    expect(toHex(decoder.takeInstructions())).toBe('8c');

    decoder.onEncoderStream(fromHex('810d637573746f6d2d76616c756532'));
    expect(decoder.decode(16, fromHex('060080'))).toEqual(
      fields({ name: 'custom-key', value: 'custom-value2' }),
    );
  });

  test('an instruction may come in any pieces, and what it unblocks comes back in order', () => {
    const decoder = started();
    expect(decoder.decode(4, fromHex('03811011'))).toEqual({ kind: 'blocked' });
    expect(decoder.decode(0, fromHex('028010'))).toEqual({ kind: 'blocked' });
    const stream = fromHex('3fbd01 c00f7777772e6578616d706c652e636f6d c10c2f73616d706c652f70617468');
    const unblocked: [number, number][] = [];
    for (const [at, byte] of stream.entries()) {
      decoder.onEncoderStream(Uint8Array.of(byte));
      for (let next = decoder.nextUnblocked(); next !== undefined; next = decoder.nextUnblocked())
        unblocked.push([next.streamId, at]);
    }
    // The first entry is whole with byte 19, the second one with the last.
    expect(unblocked).toEqual([
      [0, 19],
      [4, 33],
    ]);
    expect(toHex(decoder.takeInstructions())).toBe('8084');
  });

  test('a decoder without a table acknowledges and cancels nothing', () => {
    const decoder = new QpackDecoder();
    expect(decoder.decode(0, fromHex('0000d9')).kind).toBe('fields');
    decoder.cancelStream(0);
    expect(decoder.takeInstructions()).toHaveLength(0);
  });

  test('the bit that forbids indexing is told', () => {
    covers('rfc9204-4.5.4-2', 'rfc9204-7.1.3-2');
    const sensitive = { name: 'a', value: 'b', sensitive: true };
    expect(started().decode(0, fromHex('000031610162'))).toEqual(fields(sensitive));
    expect(started().decode(0, fromHex('0000710162'))).toEqual(
      fields({ name: ':path', value: 'b', sensitive: true }),
    );
  });
});
