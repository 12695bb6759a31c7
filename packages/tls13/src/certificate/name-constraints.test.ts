import { expect, test } from '@jest/globals';
import { encodeDer } from '@tsquic/bytes/der';
import { cn } from '../../test/built-certificate.ts';
import { NameForm } from './general-name.ts';
import {
  type ComparableName,
  comparableName,
  decodeNameConstraints,
  permitsNames,
} from './name-constraints.ts';
import { Work } from './work.ts';

const directory = (text: string): ComparableName =>
  comparableName({ form: NameForm.Directory, value: cn(text) });

test('comparing a part of a directory name counts one for it, and one for each 64 characters of it', () => {
  const costOf = (text: string): number => {
    const work = new Work();
    expect(permitsNames({ permitted: [directory(text)], excluded: [] }, [directory(text)], work)).toBe(true);
    return work.comparisons;
  };
  // A part is written as the bytes of its attribute: some twenty characters more than its text.
  expect(costOf('a')).toBe(2);
  const [short, long] = [costOf('a'.repeat(64)), costOf('a'.repeat(64 * 101))];
  expect(long - short).toBeGreaterThanOrEqual(100);
  expect(long - short).toBeLessThanOrEqual(201);
});

test.each([6, 7, 8, 9, 10, 31, 32, 33])(
  'an excluded address range of %i bytes excludes what it must, or everything',
  (length) => {
    const base = new Uint8Array(length).fill(0xff, Math.ceil(length / 2)).fill(10, 0, Math.ceil(length / 2));
    const extension = encodeDer(0x30, encodeDer(0xa1, encodeDer(0x30, encodeDer(0x87, base))));
    const constraints = decodeNameConstraints(extension);
    const permits = (bytes: number, fill: number): boolean => {
      const value = new Uint8Array(bytes).fill(fill);
      return permitsNames(constraints, [comparableName({ form: NameForm.Ip, value })], new Work());
    };
    // Four or sixteen bytes and as many of a mask, RFC 5280 §4.2.1.10; what is neither cannot be compared, and permits nothing.
    expect([permits(4, 10), permits(4, 11)]).toEqual([length === 32, length === 8 || length === 32]);
    expect([permits(16, 10), permits(16, 11)]).toEqual([length === 8, length === 8 || length === 32]);
  },
);
