import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Patience } from './patience.ts';

describe('patience', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test('ends once, after the time without progress', () => {
    const onStall = jest.fn();
    const patience = new Patience(1000, onStall);
    jest.advanceTimersByTime(900);
    patience.renew();
    jest.advanceTimersByTime(999);
    expect(onStall).toHaveBeenCalledTimes(0);
    jest.advanceTimersByTime(1);
    jest.advanceTimersByTime(5000);
    expect(onStall).toHaveBeenCalledTimes(1);
  });

  test('does not run out while we are waited for', () => {
    const onStall = jest.fn();
    let isOurTurn = true;
    const patience = new Patience(1000, onStall, () => isOurTurn);
    jest.advanceTimersByTime(3500);
    isOurTurn = false;
    expect(onStall).toHaveBeenCalledTimes(0);
    jest.advanceTimersByTime(500);
    expect(onStall).toHaveBeenCalledTimes(1);
    patience.end();
  });

  test('is over when it is ended', () => {
    const onStall = jest.fn();
    const patience = new Patience(1000, onStall);
    patience.end();
    patience.renew();
    jest.advanceTimersByTime(5000);
    expect(onStall).toHaveBeenCalledTimes(0);
  });
});
