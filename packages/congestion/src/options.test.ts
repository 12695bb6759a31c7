import { describe, expect, test } from '@jest/globals';
import { CONTROLLER_NAMES, controllerByName } from './options.ts';

describe('controllerByName', () => {
  test.each([
    ['newreno', 2],
    ['cubic', 2],
    ['bbr', 2],
    ['prague', 1],
  ])('%s makes a controller of that name that sends codepoint %i', (name, ecnCodepoint) => {
    const controller = controllerByName(name)({ mtuBytes: 1200, nowUs: 0 });
    expect(controller.name).toBe(name);
    expect(controller.ecnCodepoint).toBe(ecnCodepoint);
    expect(controller.windowBytes).toBe(12_000);
    expect(controller.inSlowStart).toBe(true);
  });

  test('a controller that resumes keeps its name', () => {
    for (const name of CONTROLLER_NAMES) {
      const create = controllerByName(name, { resume: { rttUs: 50_000, windowBytes: 100_000 } });
      expect(create({ mtuBytes: 1200, nowUs: 0 }).name).toBe(name);
    }
  });

  test('another name is a RangeError that lists the known ones', () => {
    expect(() => controllerByName('vegas')).toThrow(RangeError);
    expect(() => controllerByName('vegas')).toThrow(/newreno, cubic, bbr, prague/);
  });
});
