import { describe, expect, test } from '@jest/globals';
import { decodeString, decodeStrings, encodeStrings } from './structured-strings.ts';

describe('a list of strings', () => {
  test.each([
    ['"one", "two"', ['one', 'two']],
    ['"a"', ['a']],
    ['  "a" \t,\t "b"', ['a', 'b']],
    ['"a\\"b\\\\"', ['a"b\\']],
    ['"a";q=1;x;y="z";t=tok/en;b=:YQ==:;c=?1;d=@12;e=%"%c3%a4";f=-1.5, "b"', ['a', 'b']],
    ['', []],
    ['one', undefined],
    ['"one", 2', undefined],
    ['"one",', undefined],
    ['"one" "two"', undefined],
    ['"one', undefined],
    ['"ä"', undefined],
    ['"a\\x"', undefined],
    ['"a";Q=1', undefined],
    ['"a";q=', undefined],
    ['("a")', undefined],
    [', "a"', undefined],
  ])('%s', (value, expected) => expect(decodeStrings(value)).toEqual(expected));

  test('is what was encoded', () => {
    const strings = ['moq-00', 'a "quoted" \\ one', ''];
    expect(decodeStrings(encodeStrings(strings))).toEqual(strings);
    expect(() => encodeStrings(['ä'])).toThrow(RangeError);
  });

  test('of any length takes time by its length alone', () => {
    const beganMs = performance.now();
    decodeStrings('"a";a=1'.repeat(100_000));
    decodeStrings('"'.repeat(100_000));
    expect(performance.now() - beganMs).toBeLessThan(5000);
  });
});

test.each([
  ['"two"', 'two'],
  [' "two";a=1 ', 'two'],
  ['two', undefined],
  ['"one", "two"', undefined],
  ['', undefined],
])('an item %s', (value, expected) => expect(decodeString(value)).toBe(expected));
