import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { covers } from '@tsquic/testing';
import { SendBuffer } from './send-buffer.ts';

const SEED = 9000_33;

const step = fc.record({
  kind: fc.constantFrom('append', 'send', 'acked', 'lost', 'finish'),
  at: fc.nat(400),
  length: fc.nat(120),
  fin: fc.boolean(),
});

const Fate = { None: 0, Unsent: 1, InFlight: 2, Lost: 3, Acked: 4 } as const;
type Fate = (typeof Fate)[keyof typeof Fate];

/** What a sender of RFC 9000 §2.2 and §13.3 knows, byte by byte. */
class Model {
  readonly fates: Fate[] = [];
  end: Fate = Fate.None;

  /** What must be sent next, as [from, to, with the end]: the first lost run, or `newBytes` of what is new. */
  next(newBytes: number): readonly [number, number] | undefined {
    const { fates } = this;
    const lostAt = fates.indexOf(Fate.Lost);
    if (lostAt >= 0) {
      const after = fates.findIndex((fate, n) => n > lostAt && fate !== Fate.Lost);
      return [lostAt, after < 0 ? fates.length : after];
    }
    const newAt = fates.indexOf(Fate.Unsent);
    const from = newAt < 0 ? fates.length : newAt;
    const to = Math.min(from + newBytes, fates.length);
    const owesEnd = from === fates.length && (this.end === Fate.Unsent || this.end === Fate.Lost);
    return to > from || owesEnd ? [from, to] : undefined;
  }

  /** The bytes below this have all arrived. */
  get base(): number {
    const base = this.fates.findIndex((fate) => fate !== Fate.Acked);
    return base < 0 ? this.fates.length : base;
  }
}

describe('send buffer', () => {
  test(`sends what was lost, then what is new, and never changes a byte (seed ${SEED})`, () => {
    covers('rfc9000-2.2-3');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const buffer = new SendBuffer();
        const model = new Model();
        const { fates } = model;
        for (const { kind, at, length, fin } of steps) {
          if (kind === 'append') {
            if (model.end !== Fate.None) continue;
            const data = Uint8Array.from({ length }, (_, i) => (buffer.end + i) & 0xff);
            buffer.append(data, 0, length);
            for (let i = 0; i < length; i++) fates.push(Fate.Unsent);
          } else if (kind === 'finish') {
            if (model.end !== Fate.None) continue;
            buffer.finish();
            model.end = Fate.Unsent;
          } else if (kind === 'send') {
            const next = model.next(at);
            expect(buffer.select(at) ? [buffer.nextFrom, buffer.nextTo] : undefined).toEqual(next);
            if (next === undefined) continue;
            // A frame may have room for less, but for no less than a byte if there is one.
            const [from, most] = next;
            const to = Math.min(most, from + Math.max(length, 1));
            const carriesEnd = to === fates.length && model.end !== Fate.None && model.end !== Fate.Acked;
            expect(buffer.reachesEnd(to)).toBe(carriesEnd);
            const isNew = fates[from] === Fate.Unsent;
            expect(buffer.onSent(to)).toBe(isNew ? to - from : 0);
            fates.fill(Fate.InFlight, from, to);
            if (carriesEnd) model.end = Fate.InFlight;
          } else {
            const sent = fates.filter((fate) => fate !== Fate.Unsent).length;
            const from = Math.min(at, sent);
            const to = Math.min(at + length, sent);
            const hasEnd = fin && to === fates.length && model.end > Fate.Unsent;
            if (from === to && !hasEnd) continue;
            if (kind === 'acked') {
              buffer.onAcked(from, to, hasEnd);
              fates.fill(Fate.Acked, from, to);
              if (hasEnd) model.end = Fate.Acked;
            } else {
              buffer.onLost(from, to, hasEnd);
              for (let n = from; n < to; n++) if (fates[n] !== Fate.Acked) fates[n] = Fate.Lost;
              if (hasEnd && model.end !== Fate.Acked) model.end = Fate.Lost;
            }
          }
          expect(buffer.hasLost).toBe(fates.includes(Fate.Lost));
          expect(buffer.base).toBe(model.base);
          expect(buffer.isEnded).toBe(model.end !== Fate.None);
          expect(buffer.owesEnd).toBe(model.end === Fate.Unsent || model.end === Fate.Lost);
          expect(buffer.isDelivered).toBe(model.end === Fate.Acked && model.base === fates.length);
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

  test('what a source wrote into a packet counts as sent, with the end', () => {
    const buffer = new SendBuffer();
    buffer.appendSent(new Uint8Array(100), 0, 100, false);
    expect([buffer.sent, buffer.isEnded, buffer.select(Infinity)]).toEqual([100, false, false]);
    buffer.appendSent(new Uint8Array(0), 0, 0, true);
    expect([buffer.isEnded, buffer.owesEnd, buffer.select(Infinity)]).toEqual([true, false, false]);
    buffer.onLost(100, 100, true);
    expect([buffer.owesEnd, buffer.select(0), buffer.nextFrom, buffer.nextTo]).toEqual([
      true,
      true,
      100,
      100,
    ]);
  });

  test('a reset gives up everything and never repeats anything', () => {
    const buffer = new SendBuffer();
    buffer.append(new Uint8Array(100), 0, 100);
    buffer.select(60);
    buffer.onSent(60);
    buffer.onLost(10, 20);
    buffer.discard();
    buffer.onLost(30, 40);
    expect([buffer.heldBytes, buffer.unsentBytes, buffer.hasLost]).toEqual([0, 0, false]);
  });
});
