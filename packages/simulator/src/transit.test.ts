import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Transit } from './transit.ts';

test('comes out by time, equal times in the order of entry, whatever the mixture', () => {
  const step = fc.oneof(fc.record({ push: fc.nat(50) }), fc.record({ popAt: fc.nat(50) }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const transit = new Transit<number>();
      let model: { atUs: number; id: number }[] = [];
      steps.forEach((s, id) => {
        if ('push' in s) {
          transit.push(id, s.push);
          model = [...model, { atUs: s.push, id }].sort((a, b) => a.atUs - b.atUs || a.id - b.id);
        } else {
          const first = model[0];
          const expected = first !== undefined && first.atUs <= s.popAt ? model.shift()!.id : undefined;
          expect(transit.pop(s.popAt)).toBe(expected);
        }
        expect(transit.nextUs()).toBe(model[0]?.atUs ?? Infinity);
      });
    }),
    { seed: 42 },
  );
});
