import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { covers } from '../../../../tools/covers.ts';
import { SendBuffer } from './send-buffer.ts';

const SEED = 9000_33;

const step = fc.record({
  kind: fc.constantFrom('append', 'send', 'acked', 'lost'),
  at: fc.nat(400),
  length: fc.nat(120),
});

const Byte = { Unsent: 0, InFlight: 1, Lost: 2, Acked: 3 } as const;

describe('send buffer', () => {
  test(`knows of every byte what an array knows, and never changes one ${covers('rfc9000-2.2-3')} (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const buffer = new SendBuffer();
        const state: number[] = [];
        for (const { kind, at, length } of steps) {
          if (kind === 'append') {
            const data = Uint8Array.from({ length }, (_, i) => (buffer.end + i) & 0xff);
            buffer.append(data, 0, length);
            for (let i = 0; i < length; i++) state.push(Byte.Unsent);
          } else if (kind === 'send') {
            const end = Math.min(buffer.end, buffer.sent + length);
            state.fill(Byte.InFlight, buffer.sent, end);
            buffer.sent = end;
          } else {
            const from = Math.min(at, buffer.sent);
            const to = Math.min(at + length, buffer.sent);
            if (from === to) continue;
            if (kind === 'acked') {
              buffer.onAcked(from, to);
              state.fill(Byte.Acked, from, to);
            } else {
              buffer.onLost(from, to);
              for (let n = from; n < to; n++) if (state[n] !== Byte.Acked) state[n] = Byte.Lost;
            }
          }
          const lost: number[] = [];
          for (let i = 0; i < buffer.lost.count; i++)
            for (let n = buffer.lost.startAt(i); n < buffer.lost.endAt(i); n++) lost.push(n);
          expect(lost).toEqual(state.flatMap((one, n) => (one === Byte.Lost ? [n] : [])));
          const base = state.findIndex((one) => one !== Byte.Acked);
          expect(buffer.base).toBe(base < 0 ? state.length : base);
          const held = new Uint8Array(buffer.heldBytes);
          buffer.copyTo(held, 0, buffer.base, buffer.end);
          expect(held).toEqual(
            Uint8Array.from({ length: buffer.heldBytes }, (_, i) => (buffer.base + i) & 0xff),
          );
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('a reset gives up everything and never repeats anything', () => {
    const buffer = new SendBuffer();
    buffer.append(new Uint8Array(100), 0, 100);
    buffer.sent = 60;
    buffer.onLost(10, 20);
    buffer.discard();
    buffer.onLost(30, 40);
    expect([buffer.heldBytes, buffer.unsentBytes, buffer.lost.count]).toEqual([0, 0, 0]);
  });
});
