import { describe, expect, test } from '@jest/globals';
import { CASE_NAMES } from './cases.ts';
import { readOptions, UsageFault } from './options.ts';

describe('the command line', () => {
  test('asks for every case in every browser, once, unless told otherwise', () => {
    const options = readOptions([]);
    expect(options?.browsers.map(({ name }) => name)).toEqual(['chromium', 'firefox']);
    expect(options).toMatchObject({ cases: CASE_NAMES, repeat: 1, logs: false, json: false });
  });

  test('names browsers and cases, which keep the order of the table', () => {
    const options = readOptions(['--browser', 'firefox', '--case', 'echo,page', '--repeat', '3', '--json']);
    expect(options?.browsers.map(({ name }) => name)).toEqual(['firefox']);
    expect(options).toMatchObject({ cases: ['page', 'echo'], repeat: 3, json: true });
  });

  test('asks for help', () => {
    expect(readOptions(['-h'])).toBeUndefined();
  });

  test.each([
    [['--browser', 'netscape'], /no such browser: netscape/],
    [['--case', 'page,tea'], /no such case: tea/],
    [['--repeat', '0'], /--repeat/],
    [['--loud'], /--loud/],
    [['page'], /page/],
  ])('makes no sense as %j', (args, reason) => {
    expect(() => readOptions(args)).toThrow(UsageFault);
    expect(() => readOptions(args)).toThrow(reason);
  });
});
