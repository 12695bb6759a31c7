import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { concatBytes } from '@tsquic/bytes';
import { encodeMessage } from './message/handshake-message.ts';
import { MessageReassembly } from './reassembly.ts';

const SEED = 8446;

describe('MessageReassembly', () => {
  test('gives back any messages, whatever the pieces', () => {
    const messages = fc.array(fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 300 })), { maxLength: 8 });
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1 }), (list, sizes) => {
        const stream = concatBytes(
          ...list.map(([type, body]) => encodeMessage(type, (writer) => writer.bytes(body))),
        );
        const reassembly = new MessageReassembly();
        const read: [number, number[]][] = [];
        for (let at = 0, piece = 0; at < stream.length; piece++) {
          const size = sizes[piece % sizes.length]!;
          reassembly.append(stream.subarray(at, at + size));
          at += size;
          for (let message = reassembly.next(1000); message !== undefined; message = reassembly.next(1000)) {
            expect(message.raw.subarray(4)).toEqual(message.body);
            read.push([message.type, [...message.body]]);
          }
        }
        expect(read).toEqual(list.map(([type, body]) => [type, [...body]]));
        expect(reassembly.length).toBe(0);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  test('a message has bytes of its own', () => {
    const reassembly = new MessageReassembly();
    const bytes = encodeMessage(1, (writer) => writer.u8(7));
    reassembly.append(bytes);
    bytes.fill(0);
    expect(reassembly.next(10)).toMatchObject({ type: 1, body: Uint8Array.of(7) });
  });

  test('refuses a length above the limit as soon as it can be read', () => {
    const reassembly = new MessageReassembly();
    reassembly.append(Uint8Array.of(1, 0, 4));
    expect(reassembly.next(1024)).toBeUndefined();
    reassembly.append(Uint8Array.of(1));
    expect(() => reassembly.next(1024)).toThrow('ClientHello of 1025 bytes is over the limit of 1024');
  });
});
